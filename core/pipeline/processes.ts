/** The named commands of one image: how they are written into it, and which one it starts. Who names them is not known here. */
import type { Config } from './settings.ts';

/** Runs once before a new version serves requests, such as migrations; never what an image starts. */
export const RELEASE = 'release';

/** In front of a process's name: the label whose value is its command, a JSON array of texts. */
export const PROCESS_LABEL = 'dev.pycontainer.process.';

/** Names of processes, as Procfiles have them. */
export const PROCESS_NAME = /^[A-Za-z0-9_-]{1,63}$/;

type Processes = Readonly<Record<string, readonly string[]>>;

/** The name of the process that starts where no command is stated: `web`, else the only one apart from `release`. */
export function defaultProcess(names: readonly string[]): string | undefined {
  if (names.includes('web')) return 'web';
  const others = names.filter((name) => name !== RELEASE);
  return others.length === 1 ? others[0] : undefined;
}

/** What a configuration starts; undefined where it does not say. */
export function commandOf({
  entrypoint,
  cmd,
}: Pick<Config, 'entrypoint' | 'cmd'>): readonly string[] | undefined {
  const command = [...(entrypoint ?? []), ...(cmd ?? [])];
  return command.length === 0 ? undefined : command;
}

/** The labels of an image that say its processes. */
export function processLabels(processes: Processes): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(processes).map(([name, command]) => [PROCESS_LABEL + name, JSON.stringify(command)]),
  );
}

/** The processes that an image's labels say; what is no command is left out. */
export function processesOf(labels: Readonly<Record<string, string>>): Processes {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([key, text]) => {
      const command = key.startsWith(PROCESS_LABEL) ? parsed(text) : undefined;
      return command === undefined ? [] : [[key.slice(PROCESS_LABEL.length), command]];
    }),
  );
}

function parsed(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isCommand = Array.isArray(value) && value.every((word) => typeof word === 'string');
    return isCommand ? (value as string[]) : undefined;
  } catch {
    return undefined;
  }
}
