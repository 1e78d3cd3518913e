/** What an image that is made on a base takes over from the base's configuration. Who makes it, and of what, is not known here. */
import type { HistoryEntry, Image } from './image.ts';

const VENV_BIN = '/opt/venv/bin';
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The base's environment, then the virtual environment's, then the user's; last one wins by name. @param base lines as in `Env` */
export function environmentOver(
  base: readonly string[],
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const env = variablesOf(base);
  const path = env.PATH ?? DEFAULT_PATH;
  return { ...env, PATH: `${VENV_BIN}:${path}`, VIRTUAL_ENV: '/opt/venv', HOME: '/tmp', ...own };
}

/** `NAME=VALUE` by name, the last of one name; what is neither is passed over. */
export function variablesOf(lines: readonly string[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const line of lines) {
    const at = line.indexOf('=');
    if (at > 0) env[line.slice(0, at)] = line.slice(at + 1);
  }
  return env;
}

/** The base's history, made to fit its layers where it does not. */
export function historyOver({ layers, config }: Image): readonly HistoryEntry[] {
  const stated = config.history ?? [];
  const fits = stated.filter((entry) => entry.empty_layer !== true).length === layers.length;
  return fits ? stated : layers.map(() => ({ comment: 'base image' }));
}
