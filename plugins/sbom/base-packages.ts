/**
 * What a base image says of its own contents: the databases of dpkg and apk, its os-release, and Python
 * distributions that it brings. Bytes in, facts out; how files are got out of an image is not known here.
 */
import type { ComponentFacts } from 'pycontainer';
import { normalizeName } from 'pycontainer/python';
import { RPM_DATABASES, readRpmPackages } from './rpm-packages.ts';

/** The operating system of an image, as os-release(5) names it. */
export interface OperatingSystem {
  readonly id: string;
  readonly version: string;
  readonly name: string;
}

/** A component of the base and the file that told of it. */
export interface BaseComponent {
  readonly facts: ComponentFacts;
  /** Relative to the root. */
  readonly path: string;
}

export interface BaseContents {
  readonly system?: OperatingSystem;
  readonly components: readonly BaseComponent[];
  /** Databases of packages that are there and were not read, with the reason. */
  readonly unread?: readonly { readonly path: string; readonly reason: string }[];
}

const DPKG = /^var\/lib\/dpkg\/(?:status|status\.d\/[^/]+)$/;
const APK = /^lib\/apk\/db\/installed$/;
const OS_RELEASE = /^(?:etc|usr\/lib)\/os-release$/;
/** Letters of what is no list, and entries of what is one. */
const MAX_TEXT = 2000;
const METADATA = /^(?:usr|opt)\/.*\/(?:site|dist)-packages\/[^/]+\.dist-info\/METADATA$/;

/** The files that are worth reading. */
export const BASE_PATTERNS: readonly RegExp[] = [DPKG, APK, RPM_DATABASES, OS_RELEASE, METADATA];

/** Reads the files of a base that {@link BASE_PATTERNS} match. Faulty paragraphs are passed over: a base is what it is. */
export function readBase(files: ReadonlyMap<string, Uint8Array>): BaseContents {
  const system = readSystem(files);
  const components: BaseComponent[] = [];
  const unread: { path: string; reason: string }[] = [];
  for (const path of [...files.keys()].sort()) {
    if (RPM_DATABASES.test(path)) {
      const read = readRpmPackages(path, files.get(path)!, system && distroOf(system, ''));
      if ('unread' in read) unread.push({ path, reason: read.unread });
      else components.push(...read.packages.map((facts) => ({ facts, path })));
      continue;
    }
    const text = Buffer.from(files.get(path)!).toString('utf8');
    const found = DPKG.test(path)
      ? paragraphs(text).map((fields) => debianPackage(fields, system))
      : APK.test(path)
        ? alpinePackages(text, system)
        : METADATA.test(path)
          ? [pythonDistribution(text)]
          : [];
    for (const facts of found) if (facts !== undefined) components.push({ facts, path });
  }
  return {
    ...(system === undefined ? {} : { system }),
    components: unique(components),
    ...(unread.length === 0 ? {} : { unread }),
  };
}

function readSystem(files: ReadonlyMap<string, Uint8Array>): OperatingSystem | undefined {
  const bytes = files.get('etc/os-release') ?? files.get('usr/lib/os-release');
  if (bytes === undefined) return undefined;
  const values = new Map<string, string>();
  for (const line of Buffer.from(bytes).toString('utf8').split('\n')) {
    const found = /^([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(.*?))\s*$/.exec(line);
    if (found !== null) values.set(found[1]!, found[2] ?? found[3] ?? found[4] ?? '');
  }
  const id = values.get('ID');
  if (id === undefined || !/^[a-z0-9._-]+$/.test(id)) return undefined;
  const version = values.get('VERSION_ID') ?? values.get('VERSION_CODENAME') ?? '';
  return { id, version, name: values.get('PRETTY_NAME') ?? id };
}

function distroOf(system: OperatingSystem | undefined, fallback: string): string {
  if (system === undefined) return fallback;
  return system.version === '' ? system.id : `${system.id}-${system.version}`;
}

/** deb-control(5): fields and their values, continuation lines joined. */
function paragraphs(text: string): ReadonlyMap<string, string>[] {
  return text.split(/\n(?:[ \t]*\n)+/).flatMap((paragraph) => {
    const fields = new Map<string, string>();
    let name = '';
    for (const line of paragraph.split('\n')) {
      const colon = line.indexOf(':');
      if (/^[ \t]/.test(line)) fields.set(name, `${fields.get(name) ?? ''}\n${line.trim()}`);
      else if (colon > 0) {
        name = line.slice(0, colon).toLowerCase();
        fields.set(name, line.slice(colon + 1).trim());
      }
    }
    return fields.size === 0 ? [] : [fields];
  });
}

function debianPackage(
  fields: ReadonlyMap<string, string>,
  system: OperatingSystem | undefined,
): ComponentFacts | undefined {
  const name = fields.get('package');
  const version = fields.get('version');
  const status = fields.get('status');
  if (name === undefined || version === undefined) return undefined;
  // A file of status.d states no status; a package that was removed keeps its paragraph.
  if (status !== undefined && !/\sinstalled$/.test(status)) return undefined;
  const homepage = fields.get('homepage');
  const summary = fields.get('description')?.split('\n', 1)[0];
  const author = fields.get('maintainer');
  return {
    kind: 'debian',
    name,
    version,
    ...(summary === undefined ? {} : { summary }),
    ...(homepage === undefined ? {} : { homepage }),
    ...(author === undefined ? {} : { author }),
    requires: debianNames([fields.get('pre-depends'), fields.get('depends')]),
    qualifiers: {
      ...(fields.has('architecture') ? { arch: fields.get('architecture')! } : {}),
      distro: distroOf(system, 'debian'),
      ...(system === undefined ? {} : { vendor: system.id }),
    },
  };
}

/** Every name of every alternative: which of them holds, the packages that are there tell. */
function debianNames(relations: readonly (string | undefined)[]): string[] {
  const names = relations
    .flatMap((relation) => (relation ?? '').split(/[,|]/))
    .map((one) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(one)?.[1] ?? '');
  return [...new Set(names.filter((name) => name !== ''))].sort();
}

/** apk's database: `P:name`, `V:version`, …, an empty line behind each package. */
function alpinePackages(text: string, system: OperatingSystem | undefined): (ComponentFacts | undefined)[] {
  return text.split(/\n\n+/).map((paragraph) => {
    const field = (letter: string): string | undefined =>
      new RegExp(`^${letter}:(.*)$`, 'm').exec(paragraph)?.[1]?.trim();
    const name = field('P');
    const version = field('V');
    if (name === undefined || version === undefined) return undefined;
    const arch = field('A');
    const license = field('L');
    const summary = field('T');
    const homepage = field('U');
    return {
      kind: 'other',
      name,
      version,
      ...(license === undefined ? {} : { license }),
      ...(summary === undefined ? {} : { summary }),
      ...(homepage === undefined ? {} : { homepage }),
      requires: (field('D') ?? '').split(' ').flatMap((one) => /^[a-z0-9][^=<>~:!]*/i.exec(one)?.[0] ?? []),
      qualifiers: {
        type: 'apk',
        ...(arch === undefined ? {} : { arch }),
        distro: distroOf(system, 'alpine'),
      },
    };
  });
}

/** The headers of a METADATA (core metadata specifications); the description below them is left alone. */
function pythonDistribution(text: string): ComponentFacts | undefined {
  const head = text.split(/\r?\n\r?\n/, 1)[0]!;
  const requirements = [...head.matchAll(/^Requires-Dist:[ \t]*(.+?)\s*$/gim)]
    .map(([, requirement]) => requirement!)
    .filter(({ length }) => length <= MAX_TEXT)
    .slice(0, MAX_TEXT);
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:[ \\t]*(.+?)\\s*$`, 'mi').exec(head)?.[1];
  const name = field('Name');
  const version = field('Version');
  if (name === undefined || version === undefined || !/^[A-Za-z0-9._-]+$/.test(name)) return undefined;
  const license = field('License-Expression') ?? field('License') ?? classified(head);
  const summary = field('Summary');
  return {
    kind: 'python',
    name: normalizeName(name),
    version,
    ...(license === undefined ? {} : { license: license.slice(0, MAX_TEXT) }),
    ...(summary === undefined ? {} : { summary: summary.slice(0, MAX_TEXT) }),
    ...(requirements.length === 0 ? {} : { requirements }),
    ...(requirements.length === 0 ? {} : { requires: requirements.flatMap(nameIn) }),
  };
}

function classified(head: string): string | undefined {
  const names = [
    ...head.matchAll(/^Classifier:[ \t]*License :: (?:OSI Approved :: )?(?!OSI Approved\s*$)(.+?)\s*$/gim),
  ];
  return names.length === 0 ? undefined : names.map(([, name]) => name).join(', ');
}

function nameIn(requirement: string): string[] {
  const name = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?/.exec(requirement)?.[0];
  return name === undefined ? [] : [normalizeName(name)];
}

/** A package that several databases name is one. */
function unique(components: readonly BaseComponent[]): BaseComponent[] {
  const seen = new Map<string, BaseComponent>();
  for (const component of components) {
    const { kind, name, version, qualifiers } = component.facts;
    const key = JSON.stringify([kind, name, version, qualifiers?.arch]);
    if (!seen.has(key)) seen.set(key, component);
  }
  return [...seen.values()];
}
