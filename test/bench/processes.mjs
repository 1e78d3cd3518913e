// Starts programs, times them, and samples the memory of a process with all its descendants from /proc (Linux).
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds between two samples of memory. */
const SAMPLE_INTERVAL = 10;

/**
 * Runs a program to its end.
 *
 * @param {readonly string[]} command - the program and its arguments
 * @param {{ cwd?: string, env?: Record<string, string>, memory?: readonly number[] }} [options] - `memory` samples
 *   the program's memory together with that of these processes, which slows it a little
 * @returns {Promise<{ milliseconds: number, stdout: string, memory?: { sum: number, largest: number } }>}
 */
export async function run(command, options = {}) {
  const started = performance.now();
  const child = spawn(command[0], command.slice(1), {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const memory = options.memory && child.pid ? sampleMemory([child.pid, ...options.memory]) : undefined;
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  let milliseconds = 0;
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => {
      milliseconds = performance.now() - started;
    });
    child.on('close', resolve);
  });
  const peak = memory?.stop();
  if (code !== 0) {
    throw new Error(
      `\`${command.join(' ')}\` ended with ${code}\n${`${stdout}\n${stderr}`.trim().slice(-4000)}`,
    );
  }
  return { milliseconds, stdout, ...(peak === undefined ? {} : { memory: peak }) };
}

/**
 * Starts a program that stays.
 *
 * @param {readonly string[]} command
 * @param {{ env?: Record<string, string> }} [options]
 * @returns {{ pid: number, stop(): Promise<void> }}
 */
export function start(command, options = {}) {
  const child = spawn(command[0], command.slice(1), {
    env: { ...process.env, ...options.env },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => {
    child.on('close', resolve);
    child.on('error', resolve);
  });
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Asks until the answer is yes. @param {() => Promise<boolean>} ask */
export async function until(ask, what) {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    if (await ask().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not start within 20 s`);
}

/** The peak of the sum of resident memory over the processes and their descendants, and the largest one's, in bytes. */
function sampleMemory(roots) {
  let sum = 0;
  let largest = 0;
  const sample = () => {
    const now = [...descendants(roots)].map(residentBytes);
    sum = Math.max(
      sum,
      now.reduce((total, bytes) => total + bytes, 0),
    );
    largest = Math.max(largest, ...now);
  };
  const timer = setInterval(sample, SAMPLE_INTERVAL);
  return {
    stop() {
      clearInterval(timer);
      return { sum, largest };
    },
  };
}

function descendants(roots) {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent === undefined) continue;
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push(Number(name));
  }
  const found = new Set();
  const pending = [...roots];
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    if (found.has(pid)) continue;
    found.add(pid);
    pending.push(...(children.get(pid) ?? []));
  }
  return found;
}

function parentOf(pid) {
  const stat = readProc(`/proc/${pid}/stat`);
  // The program's name is in parentheses and may hold some itself.
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function residentBytes(pid) {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`/proc/${pid}/status`) ?? '');
  return kilobytes === null ? 0 : Number(kilobytes[1]) * 1024;
}

/** Undefined for a process that just ended. */
function readProc(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
