/** Asks a preset, and names it in whatever goes wrong: what it throws, what it changes, what it answers that is no detection. */
import { isPycError, messageOf } from '../primitives/errors.ts';
import { isAborted, untilAborted } from './aborted.ts';
import { changeOf, freezeData } from './frozen.ts';
import { PluginError } from './plugin-error.ts';
import type { Detection, Preset, PresetInput } from './preset.ts';
import { list, members, oneOf, optional, type Shape, table, text } from './result-shape.ts';

const texts = optional(list(text));
const port: Shape = (value, path) => (typeof value === 'number' ? undefined : text(value, path));
const detection = members({
  config: members({
    entrypoint: texts,
    cmd: texts,
    processes: optional(table(list(text))),
    env: optional(table(text)),
    labels: optional(table(text)),
    annotations: optional(table(text)),
    ports: optional(list(port)),
    include: texts,
    exclude: texts,
    user: optional(text),
    workdir: optional(text),
    stopSignal: optional(text),
    gzipMembers: optional(oneOf('multiple', 'single')),
  }),
  reasons: list(members({ message: text, file: optional(text), keys: texts })),
});

/** What a preset found. @throws PycError as the preset throws it, PluginError for anything else */
export async function askPreset(
  preset: Preset,
  input: PresetInput,
  signal: AbortSignal,
): Promise<Detection | undefined> {
  const given = Object.freeze({ ...input });
  for (const value of Object.values(given)) freezeData(value);
  let answer: Detection | undefined;
  try {
    answer = await untilAborted(Promise.resolve(preset.detect(given)), signal, () =>
      failed(preset.name, 'it waits for something that nothing can bring any more'),
    );
  } catch (thrown) {
    if (isPycError(thrown) || isAborted(thrown)) throw thrown;
    const change = changeOf(thrown, { input: given });
    const [path] = change?.paths ?? [];
    const changed = path === undefined ? 'something of it' : `\`${path}\``;
    const why = change === undefined ? messageOf(thrown) : `it changes what it is shown: ${changed}`;
    throw failed(preset.name, why, thrown);
  }
  const fault = answer === undefined ? undefined : detection(answer, '');
  if (fault !== undefined) throw failed(preset.name, fault);
  return answer;
}

function failed(preset: string, why: string, cause?: unknown): PluginError {
  return new PluginError(
    preset,
    'detect',
    `preset \`${preset}\` failed while it looked at the project: ${why}`,
    'report this to the author of the preset',
    cause,
  );
}
