/**
 * Which process a temporary file, lock or session belongs to, and whether that process still lives. A token
 * names machine, process id and the process's start, so that a process id used again is told apart.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** As in `1f2e3d4c-1234-567890`: where process ids mean the same, process id, start. */
export type OwnerToken = string;

const PATTERN = /^([0-9a-f]{8})-(\d+)-(\d*)(?=$|[-.])/;
let own: { readonly space: string; readonly token: OwnerToken } | undefined;

/** This process's token. */
export function ownToken(): OwnerToken {
  return self().token;
}

/**
 * Whether the process that a text starting with a token names is alive; undefined where that cannot be
 * known from here (another machine or container, or no token).
 */
export function isAlive(text: string): boolean | undefined {
  const [, space, pid, start] = PATTERN.exec(text) ?? [];
  if (pid === undefined || space !== self().space) return undefined;
  if (start !== '') return startOf(pid) === start;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function self(): { readonly space: string; readonly token: OwnerToken } {
  if (own === undefined) {
    const facts = [hostname(), attempt(() => readlinkSync('/proc/self/ns/pid')), attempt(bootId)];
    const space = createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 8);
    own = { space, token: `${space}-${process.pid}-${startOf(String(process.pid))}` };
  }
  return own;
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
}

/** Linux's start time in clock ticks (proc(5), field 22); empty elsewhere and for a process that is gone. */
function startOf(pid: string): string {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The second field is the program's name in parentheses and can hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : (fields[19] ?? '');
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
