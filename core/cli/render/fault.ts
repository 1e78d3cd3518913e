/** Errors and warnings as text. */
import type { ReportedError } from '../../pipeline/report.ts';
import type { Warning } from '../../primitives/log.ts';
import { safe } from './safe-text.ts';
import type { Style } from './style.ts';

/** What failed, on what and why; what exactly, where several things are wrong; then one thing to do. */
export function formatError(error: ReportedError, style: Style): string {
  const [first = '', ...rest] = error.message.split('\n');
  const lines = [`${style.red(style.bold('error:'))} ${safe(first)} ${style.dim(`[${error.code}]`)}`];
  lines.push(...rest.map(safe));
  const told = error.details.every((detail) => isToldIn(error.message, detail));
  if (!told) lines.push('', ...error.details.flatMap(formatDetail));
  if (error.hint !== null) lines.push('', `${style.cyan('hint:')} ${safe(error.hint)}`);
  return `${lines.join('\n')}\n`;
}

/** One line, and the hint under it. */
export function formatWarning(warning: Warning, style: Style): string {
  const hint = warning.hint === undefined ? '' : `\n  ${style.cyan('hint:')} ${safe(warning.hint)}`;
  return `${style.yellow('warning:')} ${safe(warning.message)} ${style.dim(`[${warning.code}]`)}${hint}\n`;
}

/** The shapes that details have: faults of a configuration, distributions without a fitting file, or anything. */
interface Detail {
  readonly path?: unknown;
  readonly name?: unknown;
  readonly version?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly origin?: unknown;
  readonly file?: unknown;
  readonly line?: unknown;
  readonly files?: unknown;
  readonly requirement?: unknown;
  /** As in `requirements.txt:3`. */
  readonly place?: unknown;
  /** An object that could be the application. */
  readonly target?: unknown;
  /** One of those that contradict each other, and what it saw. */
  readonly preset?: unknown;
  readonly reasons?: unknown;
}

/** True where a message holds all that a detail would show; of files that were refused, the reasons, which many share. */
function isToldIn(message: string, detail: unknown): boolean {
  if (typeof detail !== 'object' || detail === null) return message.includes(String(detail));
  const { path, name, version, message: said, reason, requirement, place, target, preset } = detail as Detail;
  const subjects = [path, name, version, said, reason, requirement, place, target, preset];
  const shown = subjects.flatMap((value) => text(value) ?? []);
  if (shown.length === 0) shown.push(...placeIn(detail));
  return (
    shown.length > 0 &&
    shown.every((value) => message.includes(value)) &&
    innerOf(detail).every((one) => isToldIn(message, reasonAlone(one)))
  );
}

function reasonAlone(inner: unknown): unknown {
  const { reason } = (inner ?? {}) as Detail;
  return text(reason) === undefined ? inner : { reason };
}

function formatDetail(detail: unknown): string[] {
  if (typeof detail !== 'object' || detail === null) return [`  - ${safe(String(detail))}`];
  const {
    path,
    name,
    version,
    message,
    reason,
    origin,
    requirement,
    target,
    preset,
    place: stands,
  } = detail as Detail;
  const subject =
    text(path) ??
    text(requirement) ??
    text(target) ??
    text(preset) ??
    [text(name), text(version)].filter(Boolean).join(' ');
  const said = text(message) ?? text(reason);
  const [position] = placeIn(detail);
  if (said === undefined && subject === '') return [`  - ${safe(position ?? JSON.stringify(detail))}`];
  const place = position ?? text(stands) ?? text(origin);
  const head = [subject === '' ? undefined : `${subject}${path === undefined ? ':' : ''}`, said]
    .filter(Boolean)
    .join(' ');
  const where = place === undefined ? '' : ` (${place})`;
  const inner = innerOf(detail).flatMap(formatDetail);
  return [`  - ${safe(head.replace(/:$/, ''))}${safe(where)}`, ...inner.map((one) => `  ${one}`)];
}

/** `file:line`, where a detail has them. */
function placeIn({ file, line }: Detail): string[] {
  return text(file) === undefined ? [] : [[text(file), text(line)].filter(Boolean).join(':')];
}

function innerOf({ files, reasons }: Detail): readonly unknown[] {
  return Array.isArray(files) ? files : Array.isArray(reasons) ? reasons : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) || undefined : undefined;
}
