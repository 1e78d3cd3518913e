/** A Procfile: the processes that the project declares. Shell text becomes the exec form; `release` is never what an image starts. */
import { definePreset, type PresetReason, PycError } from 'pycontainer';
import { execForm } from './procfile/shell.ts';
import { containerArguments } from './server/gunicorn.ts';

/** A line of the Procfile is no process, or two of them have one name. `details` lists all of them with file and line. */
export class ProcfileError extends PycError {
  readonly code = 'PYC_PROCFILE_INVALID';
  override readonly exitCode = 2;
}

interface Process {
  readonly name: string;
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

const FILE = 'Procfile';
const LINE = /^(?<name>[A-Za-z0-9_-]+):\s*(?<text>.+)$/;
/** As Dokku has it. */
const LONGEST_NAME = 63;
const PORT = 8000;

export default definePreset({
  name: 'procfile',
  rank: 'declared',
  async detect(input) {
    if (!input.files.includes(FILE)) {
      if (!input.explicit) return undefined;
      throw new ProcfileError('the project has no `Procfile`', {
        hint: 'write one, as in `web: gunicorn shop.wsgi`, or leave out `preset`',
      });
    }
    const processes = parseProcfile(Buffer.from(await input.read(FILE)).toString('utf8'));
    if (processes.length === 0) return undefined;
    const commands = processes.map((process) => ({ ...process, ...execForm(process.text) }));
    const others = commands.filter(({ name }) => name !== 'release');
    const start = others.find(({ name }) => name === 'web') ?? (others.length === 1 ? others[0] : undefined);
    const isWeb = start?.name === 'web';
    const gunicorn = processes.some(({ text }) => /\bgunicorn\b/.test(text))
      ? input.distributions.find(({ name }) => name === 'gunicorn')
      : undefined;
    return {
      config: {
        ...(start === undefined
          ? {}
          : { entrypoint: start.command, stopSignal: isPlainPython(start.command) ? 'SIGINT' : 'SIGTERM' }),
        ...(isWeb ? { ports: [PORT] } : {}),
        processes: Object.fromEntries(commands.map(({ name, command }) => [name, command])),
        env: {
          PYTHONUNBUFFERED: '1',
          PYTHONFAULTHANDLER: '1',
          ...(isWeb ? { PORT: String(PORT) } : {}),
          // Weaker than what the Procfile's command says itself.
          ...(gunicorn === undefined
            ? {}
            : { GUNICORN_CMD_ARGS: containerArguments(gunicorn.version).join(' ') }),
        },
        exclude: [`/${FILE}`],
      },
      reasons: [
        ...commands.map(
          ({ name, line, isDirect }): PresetReason => ({
            message: `the process \`${name}\` is declared here${isDirect ? '' : '; a shell stays in front of it and keeps signals to itself'}`,
            file: FILE,
            line,
            keys: [
              `processes.${name}`,
              ...(name === start?.name ? ['entrypoint', 'stopSignal', 'ports', 'env.PORT'] : []),
            ],
          }),
        ),
        ...(gunicorn === undefined
          ? []
          : [
              {
                message: `gunicorn ${gunicorn.version} needs no disk by these arguments`,
                keys: ['env.GUNICORN_CMD_ARGS'],
              },
            ]),
        { message: 'the project has a Procfile', file: FILE },
      ],
    };
  },
});

/**
 * Reads a Procfile. Lines that begin with `#` or `//` are comments.
 *
 * @throws ProcfileError listing every line that is wrong
 */
export function parseProcfile(text: string): readonly Process[] {
  const found = new Map<string, Process>();
  const faults: { readonly message: string; readonly file: string; readonly line: number }[] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n?|\n/)
    .entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (content === '' || content.startsWith('#') || content.startsWith('//')) continue;
    const groups = LINE.exec(content)?.groups;
    const fault = (message: string): void => void faults.push({ message, file: FILE, line });
    if (groups?.name === undefined || groups.text === undefined) fault('is no `name: command`');
    else if (groups.name.length > LONGEST_NAME) fault(`has a name of more than ${LONGEST_NAME} characters`);
    else if (found.has(groups.name)) fault(`declares \`${groups.name}\` once more`);
    else found.set(groups.name, { name: groups.name, text: groups.text, line });
  }
  if (faults.length === 0) return [...found.values()];
  const list = faults.map(({ line, message }) => `\`${FILE}:${line}\` ${message}`);
  throw new ProcfileError(list.join('; '), {
    hint: 'write each process on a line of its own, as in `web: gunicorn shop.wsgi`',
    details: faults,
  });
}

/** Python as process 1 ignores SIGTERM, unless the program handles it, as servers do. */
function isPlainPython(command: readonly string[]): boolean {
  const words = command[0] === 'sh' ? (command[2] ?? '').split(/\s+/) : command;
  // waitress handles no signal either.
  if (words.some((word) => /^waitress(?:-serve)?$/.test(word))) return true;
  const python = words.findIndex((word) => /^python(?:3(?:\.\d+)?)?$/.test(word));
  if (python === -1) return false;
  const next = words.slice(python + 1).filter((word) => word !== '-u');
  const handlesTerm = ['gunicorn', 'uvicorn', 'hypercorn', 'granian', 'celery', 'daphne', 'streamlit'];
  return !(next[0] === '-m' && handlesTerm.includes(next[1] ?? ''));
}
