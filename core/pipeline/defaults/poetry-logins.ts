/** The user names and passwords that Poetry keeps for its sources, in the `auth.toml` that `poetry config http-basic.NAME` writes. */
import { join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { configFolder, homeOf, textOf, unreadable } from './index-settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What opens a source. */
export interface PoetryLogin {
  readonly username: string;
  readonly password: string;
}

/** By the name of the source. Where Poetry gave the password to a keyring there is none. @throws IndexSettingsError */
export async function readPoetryLogins(env: Environment): Promise<ReadonlyMap<string, PoetryLogin>> {
  const file = join(poetryFolder(env), 'auth.toml');
  const sources = tableOf(tableOf(parsed(file, (await textOf(file)) ?? ''))['http-basic']);
  return new Map(
    Object.entries(sources).flatMap(([name, login]) => {
      const { username, password } = tableOf(login);
      if (typeof username !== 'string' || typeof password !== 'string') return [];
      return [[name, { username, password }] as const];
    }),
  );
}

function poetryFolder(env: Environment): string {
  if (env.POETRY_CONFIG_DIR) return env.POETRY_CONFIG_DIR;
  if (process.platform === 'darwin') return join(homeOf(env), 'Library', 'Application Support', 'pypoetry');
  return join(configFolder(env), 'pypoetry');
}

function parsed(file: string, text: string): unknown {
  try {
    return parseToml(text);
  } catch {
    // The parser's message quotes the text.
    throw unreadable(file, 'it is no TOML');
  }
}

function tableOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
