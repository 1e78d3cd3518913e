/**
 * Reads what the host and the project say of package indexes, where uv and pip read it: files of settings, variables, netrc.
 * What the settings mean is `python/package-index`'s.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { messageOf, PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import {
  type IndexSettings,
  type IndexStatement,
  joinStatements,
  NO_STATEMENT,
  parseNetrc,
  pipEnvironmentStatement,
  pipStatement,
  settingsOf,
  uvEnvironmentStatement,
  uvPinned,
  uvStatement,
} from '../../python/package-index.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Table = Readonly<Record<string, unknown>>;

/** A file of uv's, pip's or netrc's settings is there, and it cannot be read or is no TOML. Correct it, or take it away. */
export class IndexSettingsError extends PycError {
  readonly code = 'PYC_INDEX_SETTINGS_UNREADABLE';
  override readonly exitCode = 2;
}

/** The host and the project, as far as they say something of indexes. */
export interface IndexSurroundings {
  readonly env: Environment;
  /** Absolute. */
  readonly cwd: string;
  /** Absolute: the project's folder. */
  readonly directory: string;
  /** The tables under `[tool]` of its pyproject.toml. */
  readonly tool: Table;
}

/** @throws IndexSettingsError */
export async function readIndexSettings(around: IndexSurroundings): Promise<IndexSettings> {
  const { env, cwd } = around;
  const files = await uvFiles(around);
  const uv = joinStatements([
    ...files.map(({ table, directory }) => uvStatement(table, directory)),
    uvEnvironmentStatement(env, cwd),
  ]);
  const pip = joinStatements([...(await pipFiles(around)), pipEnvironmentStatement(env, cwd)]);
  const sources = tableOf(around.tool.uv);
  return settingsOf(uv, pip, uvPinned(sources, uv.named));
}

/** Logins by host. @throws IndexSettingsError */
export async function readNetrc(env: Environment): Promise<ReturnType<typeof parseNetrc>> {
  const file = env.NETRC || join(homeOf(env), process.platform === 'win32' ? '_netrc' : '.netrc');
  return parseNetrc((await textOf(file)) ?? '');
}

interface UvFile {
  readonly table: Table;
  readonly directory: string;
}

/** The weakest first. */
async function uvFiles({ env, directory, tool }: IndexSurroundings): Promise<readonly UvFile[]> {
  if (env.UV_CONFIG_FILE) return await uvFile(env.UV_CONFIG_FILE, directory);
  if (/^(?:1|true|yes|on)$/i.test(env.UV_NO_CONFIG ?? '')) return [];
  const system =
    process.platform === 'win32'
      ? join(env.ProgramData ?? env.PROGRAMDATA ?? 'C:\\ProgramData', 'uv')
      : join((env.XDG_CONFIG_DIRS ?? '').split(':')[0] || '/etc', 'uv');
  return [
    ...(await uvFile(join(system, 'uv.toml'), system)),
    ...(await uvFile(join(configFolder(env), 'uv', 'uv.toml'), join(configFolder(env), 'uv'))),
    ...(await nearestUvFile(directory, tool)),
  ];
}

/**
 * As uv finds it: that of the project, else of the nearest folder above that has one. A `uv.toml` beside pyproject.toml stands
 * in for its `[tool.uv]`.
 */
async function nearestUvFile(directory: string, tool: Table): Promise<readonly UvFile[]> {
  for (let at = directory; ; at = dirname(at)) {
    const own = await uvFile(join(at, 'uv.toml'), at);
    if (own.length > 0) return own;
    const { uv } = at === directory ? tool : await toolsOf(join(at, 'pyproject.toml'));
    if (uv !== undefined) return [{ table: tableOf(uv), directory: at }];
    if (dirname(at) === at) return [];
  }
}

/** What cannot be read is another project's business. */
async function toolsOf(file: string): Promise<Table> {
  try {
    return tableOf(parseToml((await textOf(file)) ?? '').tool);
  } catch {
    return {};
  }
}

async function uvFile(file: string, directory: string): Promise<readonly UvFile[]> {
  const text = await textOf(file);
  if (text === undefined) return [];
  try {
    return [{ table: parseToml(text), directory }];
  } catch {
    // The parser's message quotes the text, which can hold a password.
    throw unreadable(file, 'it is no TOML');
  }
}

/** The weakest first: the host's, the user's, those of a virtual environment, and the one that a variable names. */
async function pipFiles({ env, cwd }: IndexSurroundings): Promise<readonly IndexStatement[]> {
  const stated = env.PIP_CONFIG_FILE || undefined;
  // As pip has it: the null device turns all of them off.
  if (stated === '/dev/null' || stated?.toLowerCase() === 'nul') return [];
  const home = homeOf(env);
  const name = process.platform === 'win32' ? 'pip.ini' : 'pip.conf';
  const files = [
    ...(process.platform === 'win32'
      ? [join(env.ProgramData ?? env.PROGRAMDATA ?? 'C:\\ProgramData', 'pip', name)]
      : ['/etc/xdg/pip/pip.conf', '/etc/pip.conf']),
    ...(process.platform === 'darwin' ? ['/Library/Application Support/pip/pip.conf'] : []),
    join(home, process.platform === 'win32' ? 'pip' : '.pip', name),
    ...(process.platform === 'darwin'
      ? [join(home, 'Library', 'Application Support', 'pip', 'pip.conf')]
      : []),
    join(configFolder(env), 'pip', name),
    ...(env.VIRTUAL_ENV ? [join(env.VIRTUAL_ENV, name)] : []),
    ...(stated === undefined ? [] : [stated]),
  ];
  const texts = await Promise.all(files.map(textOf));
  return texts.map((text) => (text === undefined ? NO_STATEMENT : pipStatement(text, cwd)));
}

/** The user's folder. */
export function homeOf(env: Environment): string {
  return env.HOME || env.USERPROFILE || homedir();
}

/** Where a user's settings lie, program by program; macOS has another place for some. */
export function configFolder(env: Environment): string {
  if (process.platform === 'win32' && env.APPDATA) return env.APPDATA;
  return env.XDG_CONFIG_HOME || join(homeOf(env), '.config');
}

/** Undefined where there is no such file. @throws IndexSettingsError */
export async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(file, messageOf(cause));
  }
}

/** @param why never quotes the file: it can hold a password */
export function unreadable(file: string, why: string): IndexSettingsError {
  return new IndexSettingsError(`the settings in \`${visible(file)}\` cannot be read: ${why}`, {
    hint: 'correct the file or take it away',
  });
}

function tableOf(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {};
}
