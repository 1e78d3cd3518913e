/** What images say of themselves and of what they start, setting by setting. */
import { variablesOf } from '../../oci/over-base.ts';
import type { FoundImage } from '../found-image.ts';

/** A setting by its path, as in `config.Env.PATH`; null where it is not there. Lists are written as JSON. */
export interface ChangedSetting {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** By name. Layers and history, which every change of a file changes, are left out. */
export function changedSettings(before: FoundImage, after: FoundImage): readonly ChangedSetting[] {
  const [had, has] = [settingsOf(before), settingsOf(after)];
  const names = [...new Set([...had.keys(), ...has.keys()])].sort();
  return names.flatMap((name) => {
    const [was, is] = [had.get(name) ?? null, has.get(name) ?? null];
    return was === is ? [] : [{ name, before: was, after: is }];
  });
}

function settingsOf({ config, manifest }: FoundImage): ReadonlyMap<string, string> {
  const { rootfs: _, history: __, config: runtime = {}, ...rest } = config;
  const { Env, Labels, ...others } = runtime;
  const found = new Map<string, string>();
  const add = (prefix: string, record: object): void => {
    for (const [name, value] of Object.entries(record)) {
      if (value !== undefined)
        found.set(`${prefix}${name}`, typeof value === 'string' ? value : JSON.stringify(value));
    }
  };
  add('', rest);
  add('config.', others);
  add('config.Env.', variablesOf(Env ?? []));
  add('config.Labels.', Labels ?? {});
  add('annotations.', manifest.annotations ?? {});
  return found;
}
