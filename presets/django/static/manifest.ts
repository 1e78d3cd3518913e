/**
 * What Django's `ManifestStaticFilesStorage` makes of collected files: a copy of each under a name with the hash of its
 * content, references in stylesheets and scripts rewritten to such names, and `staticfiles.json`. Where files come from
 * and go to is not known here.
 */
import { createHash } from 'node:crypto';
import { type Content, digestOf, mapConcurrently, readAll, streamOf } from 'pycontainer';
import { StaticInvalidError } from './errors.ts';
import {
  joinPath,
  joinUrl,
  normalizePath,
  splitExtension,
  splitFragment,
  splitPath,
  splitUrl,
  strip,
  unquote,
} from './python-url.ts';
import { isSince, type Release, replaceReferences } from './references.ts';

/** The name under which a manifest lies beside the files. */
export const MANIFEST = 'staticfiles.json';

export interface ManifestOptions {
  readonly release: Release;
  /** `STATIC_URL` with the prefix that Django puts before a relative one. Asked only where a reference begins with `/`. */
  staticUrl(): string;
  /** WhiteNoise's `WHITENOISE_KEEP_ONLY_HASHED_FILES`. */
  readonly keepsOnlyHashed: boolean;
}

/** A file as it lies in the storage. */
interface Stored {
  readonly content: Content;
  /** The first twelve digits of its MD5. */
  readonly hash: string;
}

/** Further rounds over stylesheets and scripts, until no name changes any more. */
const ROUNDS = 5;
const PARALLEL = 8;
/** More than any stylesheet or script has; such a file is read whole. */
const MAX_TEXT = 256 * 1024 * 1024;

/**
 * Every file of the storage by its name, originals among them.
 *
 * @param sources - what was collected, in the order in which it was found
 * @throws StaticInvalidError where `collectstatic` would fail
 */
export async function withHashedNames(
  sources: ReadonlyMap<string, Content>,
  options: ManifestOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Content>> {
  const texts = new Map<string, string>();
  const originals = new Map<string, Stored>();
  await mapConcurrently([...sources], PARALLEL, signal, async ([name, content]) => {
    if (!isAdjustable(name)) {
      originals.set(name, { content, hash: await hashOf(content) });
      return;
    }
    const bytes = await readAll(content.open(), MAX_TEXT, `\`${name}\``);
    texts.set(name, textOf(name, bytes));
    originals.set(name, { content, hash: shortHash(bytes) });
  });
  const storage = new HashingStorage(sources.keys(), originals, texts, options);
  storage.run();
  return storage.result();
}

function isAdjustable(name: string): boolean {
  return name.endsWith('.css') || name.endsWith('.js');
}

function textOf(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new StaticInvalidError(
      `the static file \`${name}\` is not UTF-8, so its references cannot be rewritten`,
      {
        hint: 'save it as UTF-8, or leave it out',
        cause,
      },
    );
  }
}

/** The storage while names are made; Django does the same with files on a disk. */
class HashingStorage {
  readonly #names: readonly string[];
  readonly #originals: ReadonlyMap<string, Stored>;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #options: ManifestOptions;
  readonly #stored: Map<string, Stored>;
  readonly #folders = new Set<string>(['.']);
  /** Original name → name with a hash. */
  readonly #hashed = new Map<string, string>();

  constructor(
    names: Iterable<string>,
    originals: ReadonlyMap<string, Stored>,
    texts: ReadonlyMap<string, string>,
    options: ManifestOptions,
  ) {
    const depth = (name: string): number => name.split('/').length;
    this.#names = [...names].sort((a, b) => depth(b) - depth(a));
    this.#originals = originals;
    this.#stored = new Map(originals);
    this.#texts = texts;
    this.#options = options;
    for (const name of originals.keys()) {
      for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1))
        this.#folders.add(name.slice(0, at));
    }
  }

  run(): void {
    for (const name of this.#names) this.#process(name);
    const texts = this.#names.filter((name) => this.#texts.has(name));
    let open: readonly string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      open = texts.filter((name) => this.#process(name));
      if (open.length === 0) return;
    }
    if (open.length === 0) return;
    throw new StaticInvalidError(
      `static files refer to each other so deeply, or in a circle, that Django gives up: ${open
        .slice(0, 5)
        .map((name) => `\`${name}\``)
        .join(', ')}`,
      { hint: 'take the reference out that closes the circle' },
    );
  }

  result(): ReadonlyMap<string, Content> {
    const hashed = new Set(this.#hashed.values());
    const files = new Map<string, Content>();
    for (const [name, { content }] of this.#stored) {
      if (hashed.has(name) || !this.#options.keepsOnlyHashed) files.set(name, content);
    }
    files.set(MANIFEST, contentOf(Buffer.from(manifestText(this.#hashed, this.#options.release))));
    return files;
  }

  /** True where a file got another name than it had before. */
  #process(name: string): boolean {
    const original = this.#originals.get(name)!;
    const before = this.#hashed.get(name) ?? withHash(name, original.hash);
    const text = this.#texts.get(name);
    if (text === undefined) {
      if (!this.#stored.has(before)) this.#stored.set(before, original);
      this.#hashed.set(name, before);
      return false;
    }
    const { release } = this.#options;
    const rewritten = replaceReferences(text, splitExtension(name)[1], release, (url) =>
      this.#convert(name, url),
    );
    this.#stored.delete(before);
    const bytes = Buffer.from(rewritten);
    const hash = shortHash(bytes);
    const after = withHash(name, hash);
    this.#stored.delete(after);
    this.#stored.set(after, { content: contentOf(bytes), hash });
    this.#hashed.set(name, after);
    return after !== before;
  }

  /** The reference with a hash in its name; undefined for one that is no static file's. */
  #convert(name: string, url: string): string | undefined {
    const isForeign = url.startsWith('//') && isSince(this.#options.release, '5.1');
    if (/^[a-z]+:/.test(url) || isForeign) return undefined;
    if (url.startsWith('/') && !url.startsWith(this.#options.staticUrl())) return undefined;
    const [path, fragment] = splitFragment(url);
    if (path === '') return undefined;
    const target = path.startsWith('/')
      ? path.slice(this.#options.staticUrl().length)
      : joinPath(splitPath(name)[0], path);
    const last = this.#lastSegment(name, unquote(target));
    const moved = [...path.split('/').slice(0, -1), last].join('/');
    const marked = fragment === '' ? '' : `${url.includes('?#') ? '?#' : '#'}${fragment}`;
    return unquote(moved + marked);
  }

  /** What is behind the last slash of the URL of a file with a hash in its name. */
  #lastSegment(by: string, name: string): string {
    const [clean, fragment] = splitFragment(name);
    const hashed = splitUrl(clean).path.endsWith('/') ? name : this.#hashedTarget(by, clean);
    const isMarked = name.includes('?#');
    const whole = `/${hashed}${isMarked ? '?' : ''}${fragment === '' ? '' : `#${fragment}`}`;
    const last = whole.slice(whole.lastIndexOf('/') + 1);
    return last === '.' || last === '..' ? '' : last;
  }

  #hashedTarget(by: string, target: string): string {
    const name = normalizePath(target);
    const known = this.#hashed.get(name);
    if (known !== undefined) return known;
    const path = strip(splitUrl(unquote(name)).path);
    const place = normalizePath(path);
    const stored = this.#stored.get(place);
    if (stored !== undefined) return withHash(name, stored.hash);
    if (this.#folders.has(place)) return name;
    throw new StaticInvalidError(`\`${by}\` refers to the static file \`${path}\`, which does not exist`, {
      hint: `correct the reference in \`${by}\`, or add the file: the manifest storage takes no other`,
      details: [{ file: by, reference: path }],
    });
  }
}

/** `a/b.css` with a hash: `a/b.HASH.css`. A name is read as a URL, as Django does. */
function withHash(name: string, hash: string): string {
  const parts = splitUrl(unquote(name));
  const [folder, file] = splitPath(strip(parts.path));
  const [root, extension] = splitExtension(file);
  const path = joinPath(folder, `${root}.${hash}${extension}`);
  const mark = name.includes('?#') && parts.query === '' ? '?' : '';
  return joinUrl({ ...parts, path: path + mark });
}

function manifestText(hashed: ReadonlyMap<string, string>, release: Release): string {
  const sorted = [...hashed].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const pairs = (isSince(release, '6.0') ? sorted : [...hashed]).map(
    ([name, other]) => `${pythonJson(name)}: ${pythonJson(other)}`,
  );
  const list = sorted.map((pair) => `[${pair.map(pythonJson).join(', ')}]`).join(', ');
  const hash = shortHash(Buffer.from(`[${list}]`));
  return `{"paths": {${pairs.join(', ')}}, "version": "1.1", "hash": "${hash}"}`;
}

/** A text as Python's `json` writes it: everything past ASCII as an escape. */
function pythonJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

async function hashOf(content: Content): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of content.open() as AsyncIterable<Uint8Array>) hash.update(chunk);
  return hash.digest('hex').slice(0, 12);
}

function shortHash(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex').slice(0, 12);
}

function contentOf(bytes: Uint8Array): Content {
  return { size: bytes.length, sha256: digestOf(bytes), bytes, open: () => streamOf(bytes) };
}
