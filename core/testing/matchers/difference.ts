/** Where two images differ, for who expected them to be the same: layers, then files, then what the configuration says. */
import type { BuiltImage } from '../built-image.ts';
import type { ImageFile, ImageFiles } from '../image-files.ts';
import { octal, shown } from './result.ts';

const LISTED = 12;

/** A line for each difference; empty where the digests are the same. */
export function differencesOf(one: BuiltImage, other: BuiltImage): readonly string[] {
  if (one.digest === other.digest) return [];
  const lines = [
    ...differentLayers(one, other),
    ...differentFiles(one.files, other.files),
    ...differentValues(one, other),
  ];
  const rest = lines.length > LISTED ? [`and ${lines.length - LISTED} more`] : [];
  return [...lines.slice(0, LISTED), ...rest];
}

function differentLayers(one: BuiltImage, other: BuiltImage): readonly string[] {
  const names = (image: BuiltImage): readonly string[] => image.layers.map(({ name }) => name);
  if (names(one).join('\n') !== names(other).join('\n')) {
    return [`layers: ${shown(names(one))}, ${shown(names(other))}`];
  }
  return one.layers
    .filter(({ digest }, index) => digest !== other.layers[index]?.digest)
    .map(({ name }) => `layer \`${name}\` has other bytes`);
}

function differentFiles(one: ImageFiles, other: ImageFiles): readonly string[] {
  const paths = [...new Set([...one.keys(), ...other.keys()])].sort();
  return paths.flatMap((path) => {
    const [a, b] = [one.get(path), other.get(path)];
    if (a === undefined || b === undefined) {
      return [`\`${path}\` is only in the ${a === undefined ? 'second' : 'first'}`];
    }
    const facts = (['type', 'mode', 'uid', 'gid', 'mtime', 'target'] as const).filter(
      (key) => a[key] !== b[key],
    );
    const said = facts.map((key) => `\`${path}\`: ${key} ${factOf(a, key)}, ${factOf(b, key)}`);
    const isSame = Buffer.compare(a.bytes, b.bytes) === 0;
    return isSame ? said : [...said, `\`${path}\`: ${shown(a.text())}, ${shown(b.text())}`];
  });
}

function factOf(file: ImageFile, key: 'type' | 'mode' | 'uid' | 'gid' | 'mtime' | 'target'): string {
  return key === 'mode' ? octal(file.mode) : String(file[key]);
}

function differentValues(one: BuiltImage, other: BuiltImage): readonly string[] {
  const values = ({ config, annotations }: BuiltImage): Readonly<Record<string, unknown>> => {
    // Of the layers everything was said.
    const { rootfs: _, config: runtime, ...own } = config;
    return { ...own, ...runtime, annotations };
  };
  const [a, b] = [values(one), values(other)];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]))
    .map((key) => `configuration, ${key}: ${shown(a[key])}, ${shown(b[key])}`);
}
