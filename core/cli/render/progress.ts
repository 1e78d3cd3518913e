/** What a build says while it runs, on standard error: a moving display on a terminal, plain lines elsewhere. */
import type { Log, ProgressEvent } from '../../primitives/log.ts';
import type { Io } from '../io.ts';
import { formatWarning } from './fault.ts';
import { createLiveLines, type LiveLines } from './live-lines.ts';
import { formatBytes, formatDuration } from './measure.ts';
import { cutTo, safe } from './safe-text.ts';
import { isTerminal, type Style, styleOf } from './style.ts';

export type ProgressMode = 'auto' | 'tty' | 'plain' | 'none';

/** A log that shows; `close` puts the terminal in order. */
export interface Display {
  readonly log: Log;
  close(): void;
}

/** Steps under way that a terminal shows at once. */
const SHOWN = 6;
/** Steps that end sooner are not worth a plain line. */
const WORTH_A_LINE = 500;

interface Step {
  readonly label: string;
  readonly started: number;
  readonly done?: number | undefined;
  readonly total?: number | undefined;
}

/** @param verbose - also what only a developer wants to know */
export function createDisplay(mode: ProgressMode, verbose: boolean, io: Io): Display {
  const style = styleOf(io.stderr, io.env);
  const isLive = mode === 'tty' || (mode === 'auto' && isTerminal(io.stderr, io.env));
  const live = isLive ? createLiveLines(io.stderr) : undefined;
  const print = (line: string): void => {
    if (live === undefined) io.stderr.write(line);
    else live.print(line);
  };
  const progress = mode === 'none' ? () => {} : progressSink(live, print, style, io);
  return {
    log: {
      info: (message) => void (mode === 'none' || print(`${safe(message)}\n`)),
      debug: (message) => void (verbose && print(`${style.dim(safe(message))}\n`)),
      warn: (warning) => print(formatWarning(warning, style)),
      progress,
    },
    close: () => live?.close(),
  };
}

function progressSink(
  live: LiveLines | undefined,
  print: (line: string) => void,
  style: Style,
  io: Io,
): Log['progress'] {
  const steps = new Map<string, Step>();
  return (event) => {
    const step = advanced(steps.get(event.id), event, io.now());
    if (event.state === 'end') steps.delete(event.id);
    else steps.set(event.id, step);
    if (live !== undefined) live.show(liveLines([...steps.values()], style, io.stderr.columns ?? 80));
    else if (event.state === 'end' && io.now() - step.started >= WORTH_A_LINE)
      print(plainLine(step, io.now()));
  };
}

function advanced(step: Step | undefined, event: ProgressEvent, now: number): Step {
  return {
    label: event.label === '' ? (step?.label ?? '') : event.label,
    started: step?.started ?? now,
    done: event.done ?? step?.done,
    total: event.total ?? step?.total,
  };
}

function liveLines(steps: readonly Step[], style: Style, columns: number): string[] {
  const lines = steps.slice(0, SHOWN).map((step) => {
    const amount = amountOf(step);
    const label = cutTo(safe(step.label), Math.max(10, columns - amount.length - 20));
    return `  ${barOf(step, style)} ${label} ${style.dim(amount)}`;
  });
  return steps.length > SHOWN ? [...lines, style.dim(`  and ${steps.length - SHOWN} more`)] : lines;
}

function plainLine(step: Step, now: number): string {
  const amount = step.done === undefined ? '' : `, ${formatBytes(step.done)}`;
  return `${safe(step.label)} (${formatDuration(now - step.started)}${amount})\n`;
}

function amountOf({ done, total }: Step): string {
  if (done === undefined) return '';
  return total === undefined ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`;
}

function barOf({ done, total }: Step, style: Style): string {
  const width = 12;
  if (done === undefined || total === undefined || total === 0) return style.dim('·'.repeat(width));
  const filled = Math.min(width, Math.floor((done / total) * width));
  return style.green('━'.repeat(filled)) + style.dim('─'.repeat(width - filled));
}
