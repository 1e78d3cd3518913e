/**
 * The requirements file of a wheelhouse: pins with hashes, as pip's `--require-hashes` wants them. What only some
 * platforms have is bound to them by a marker.
 */
import type { Digest, FinishedBuild } from 'pycontainer';
import { markerEnvironment, parseWheelFilename } from 'pycontainer/python';

/** A wheel of the images on this host. */
export interface HousedWheel {
  /** The file's name. */
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly digest: Digest;
  readonly size: number;
  /** `platform_machine` (PEP 508) of the platforms that have it; undefined where all have its distribution in this version. */
  readonly machines: readonly string[] | undefined;
}

/** The file's name in the folder. */
export const REQUIREMENTS = 'requirements.txt';

/** What the file begins with: a folder whose file does not is somebody else's. */
const HEADING = '# The wheels of an image, written by pycontainer:';

/** @param of - as in `shop 1.0` */
export function requirementsText(wheels: readonly HousedWheel[], of: string): string {
  const pins = new Map<string, HousedWheel[]>();
  for (const wheel of wheels) {
    const pin = pinOf(wheel);
    pins.set(pin, [...(pins.get(pin) ?? []), wheel]);
  }
  const entries = [...pins].sort(([a], [b]) => (a < b ? -1 : 1)).map(([pin, files]) => entryOf(pin, files));
  return [
    `${HEADING} ${of}\n`,
    '# pip install --no-index --find-links DIR --require-hashes -r DIR/requirements.txt\n',
    ...entries,
  ].join('');
}

/** The names of the wheels that the text lists; undefined where another program wrote it. */
export function wheelsListedIn(text: string): ReadonlySet<string> | undefined {
  if (!text.startsWith(HEADING)) return undefined;
  return new Set([...text.matchAll(/^# (\S+\.whl)$/gm)].map(([, name]) => name!));
}

/**
 * The machines of each wheel whose distribution, in its version, not every platform has; by the wheel's name. Other wheels
 * are not in it.
 */
export function placesOf({ images }: Pick<FinishedBuild, 'images'>): ReadonlyMap<string, readonly string[]> {
  const all = new Set<string>();
  const byPin = new Map<string, Set<string>>();
  for (const { resolution, tree } of images) {
    const machine = markerEnvironment(resolution.python.target).platform_machine;
    all.add(machine);
    for (const { wheel } of tree.parts) {
      if (wheel === undefined) continue;
      const pin = versionPin(wheel.name);
      byPin.set(pin, (byPin.get(pin) ?? new Set()).add(machine));
    }
  }
  const places = new Map<string, readonly string[]>();
  for (const { tree } of images) {
    for (const { wheel } of tree.parts) {
      const machines = wheel === undefined ? undefined : byPin.get(versionPin(wheel.name));
      if (machines !== undefined && machines.size < all.size) places.set(wheel!.name, [...machines].sort());
    }
  }
  return places;
}

function pinOf({ name, machines }: HousedWheel): string {
  const marker = machines?.map((machine) => `platform_machine == "${machine}"`).join(' or ');
  return marker === undefined ? versionPin(name) : `${versionPin(name)} ; ${marker}`;
}

function versionPin(fileName: string): string {
  const { name, version } = parseWheelFilename(fileName);
  return `${name}==${version}`;
}

/** pip takes any of the hashes; comments cannot stand between them. */
function entryOf(pin: string, wheels: readonly HousedWheel[]): string {
  const files = wheels.map(({ name }) => `# ${name}\n`);
  const hashes = wheels.map(({ digest }) => ` \\\n    --hash=${digest}`);
  return `\n${files.join('')}${pin}${hashes.join('')}\n`;
}
