/**
 * The interpreter of the image itself as the compiler of its bytecode: as much of the base as it takes to start lies in a
 * temporary folder while something is compiled, and runs by its own loader. That executes code of the base, as the user and
 * without a sandbox, so that it is done only where it was asked for. What compiling is, is not known here.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Image } from '../../oci/image.ts';
import { openRootfs, type Rootfs } from '../../oci/rootfs.ts';
import { digestOfJson } from '../../primitives/digest.ts';
import { PycError } from '../../primitives/errors.ts';
import { parseTreePath, visible } from '../../primitives/path.ts';
import { readElf } from '../../python/elf.ts';
import { readElfNeeds } from '../../python/elf-needs.ts';
import type { Store } from '../../store/store.ts';
import { imageKey } from '../image-key.ts';
import type { BuildHost } from '../stages/source-choice.ts';
import type { PythonInBase } from '../values.ts';
import {
  type BytecodeCompiler,
  compile,
  type Interpreter,
  identityOf,
  type Probed,
  parseProbed,
  probe,
} from './interpreter.ts';

/**
 * `bytecode` is `image`, and the Python of the base does not start on this host, as where the base lacks a library that its
 * Python needs, or was made for a newer processor or kernel. Install the same X.Y on this host and set `bytecode` to true.
 */
export class BytecodeImageError extends PycError {
  readonly code = 'PYC_BYTECODE_IMAGE_PYTHON';
}

export interface ImageCompilerOptions {
  readonly store: Store;
  readonly signal: AbortSignal;
  /** True: what the store knows of the interpreter is not used. */
  readonly noCache: boolean;
}

/** Whether the base's CPython can run here: on Linux, and on the same architecture. */
export function runsHere({ target }: PythonInBase, host: BuildHost): boolean {
  return (
    target.implementation === 'cpython' && host.os === 'linux' && host.architecture === target.architecture
  );
}

/**
 * A compiler that is the base's interpreter. What it says of itself is remembered by the base's layers, so that a build that
 * compiles nothing unpacks nothing.
 *
 * @throws BytecodeImageError, what `openRootfs` throws
 */
export async function findImageCompiler(
  python: PythonInBase,
  base: Image,
  { store, signal, noCache }: ImageCompilerOptions,
): Promise<BytecodeCompiler> {
  const path = python.interpreter;
  const withInterpreter = sharedFolder(() => readFiles(path.slice(1), base, signal));
  const key = digestOfJson({ what: 'interpreter of bytecode', rules: RULES, image: imageKey(base), path });
  const known = noCache ? undefined : ((await store.readAction(key)) as { probed?: unknown } | undefined);
  const said = parseProbed(JSON.stringify(known?.probed ?? null));
  const asked = said ?? (await withInterpreter((one) => probe(one, python.target, signal)));
  if (asked === undefined) {
    throw new BytecodeImageError(`\`${visible(path)}\` of the base does not start on this host`, {
      hint: 'install the same Python on this host, and set `bytecode` to true',
    });
  }
  const probed: Probed = { ...asked, executable: path };
  if (said === undefined) await store.writeAction(key, { probed });
  return {
    label: `CPython ${probed.version} (\`${path}\` of the base)`,
    ...identityOf(probed),
    compile: (sources, signal) => withInterpreter((one) => compile(one, sources, signal)),
  };
}

/** To be counted up whenever other files are taken. */
const RULES = 1;

/** Files of the image by their paths, and what starts them. */
interface Taken {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly program: string;
  readonly loader: string | undefined;
  /** Folders of the standard library's parent, as in `usr/local`. */
  readonly home: string;
}

/** The folder is there while one is at work in it. */
function sharedFolder(
  read: () => Promise<Taken>,
): <T>(work: (interpreter: Interpreter) => Promise<T>) => Promise<T> {
  let taken: Promise<Taken> | undefined;
  let folder: Promise<string> | undefined;
  let users = 0;
  return async (work) => {
    taken ??= read();
    const what = await taken;
    users++;
    folder ??= unpacked(what);
    const mine = folder;
    try {
      return await work(startedIn(await mine, what));
    } finally {
      users--;
      if (users === 0) {
        folder = undefined;
        await mine.then((path) => rm(path, { recursive: true, force: true }));
      }
    }
  };
}

async function unpacked({ files, program, loader }: Taken): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pycontainer-python-'));
  try {
    await Promise.all([...new Set([...files.keys()].map(dirname))].map((path) => makeFolder(folder, path)));
    for (const [path, bytes] of files) {
      const mode = path === program || path === loader ? 0o700 : 0o600;
      await writeFile(join(folder, path), bytes, { mode, flag: 'wx' });
    }
    return folder;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function makeFolder(folder: string, path: string): Promise<void> {
  await mkdir(join(folder, path), { recursive: true, mode: 0o700 });
}

/** Nothing of the user's environment is shown to it. */
function startedIn(folder: string, { files, program, loader, home }: Taken): Interpreter {
  const env = { PYTHONHOME: join(folder, home), LC_ALL: 'C.UTF-8', PATH: '/nonexistent' };
  const path = join(folder, program);
  if (loader === undefined) return { program: path, env };
  const libraries = new Set([...files.keys()].filter((file) => LIBRARY.test(file)).map(dirname));
  const folders = [...libraries].map((one) => join(folder, one)).join(':');
  return { program: join(folder, loader), args: ['--library-path', folders, path], env };
}

const LIBRARY = /\.so(?:\.[\d.]+)?$/;
/** Where loaders look, besides what programs name. */
const LIBRARY_FOLDER = String.raw`(?:[^/]+\/){0,8}lib(?:64|32)?\/(?:[^/]+-linux-[^/]+\/)?`;
/** What interpreters need as a rule, so that one pass over the layers mostly finds all. */
const USUAL = [
  ...['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'libutil.so.1', 'librt.so.1'],
  ...['libz.so.1', 'libexpat.so.1', 'libcrypt.so.1', 'libgcc_s.so.1'],
];
/** Passes over the layers: libraries of libraries of libraries. */
const MOST_PASSES = 4;

/**
 * The interpreter, its standard library's modules, its loader, and the libraries that these need.
 *
 * @throws BytecodeImageError where the base has no such interpreter
 */
async function readFiles(program: string, image: Image, signal: AbortSignal): Promise<Taken> {
  const name = /(?:^|\/)python(3\.\d{1,2}t?)d?$/.exec(program)?.[1] ?? String.raw`3\.\d{1,2}t?`;
  const library = String.raw`lib(?:64)?\/python${name.replace('.', String.raw`\.`)}\/`;
  const always = [
    new RegExp(`^${escaped(program)}$`),
    new RegExp(
      String.raw`^(?:[^/]+\/){0,8}${library}(?:(?:encodings|importlib|collections|json|re)\/)?[^/]+\.py$`,
    ),
    new RegExp(String.raw`^(?:[^/]+\/){0,8}${library}lib-dynload\/[^/]+\.so$`),
    new RegExp(String.raw`^${LIBRARY_FOLDER}libpython3[^/]*\.so[\d.]*$`),
    /^(?:usr\/)?lib(?:64|32)?\/(?:[^/]+-linux-[^/]+\/)?ld[^/]*\.so[\d.]*$/,
  ];
  let wanted: ReadonlySet<string> = new Set(USUAL);
  for (let pass = 0; ; pass++) {
    const names = [...wanted].map(escaped).join('|');
    const patterns = [...always, new RegExp(`^${LIBRARY_FOLDER}(?:${names})$`)];
    const rootfs = await openRootfs(image, { wanted: patterns, signal });
    const files = await filesOf(rootfs);
    const needed = [...files.values()].flatMap((bytes) => readElfNeeds(bytes)?.libraries ?? []);
    const news = needed.filter((one) => !wanted.has(one) && !isThere(one, files));
    if (news.length === 0 || pass === MOST_PASSES) return takenOf(program, files, rootfs);
    wanted = new Set([...wanted, ...news]);
  }
}

async function filesOf(rootfs: Rootfs): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const path of await rootfs.list('')) {
    const bytes = await rootfs.read(path);
    if (bytes !== undefined) files.set(parseTreePath(path), bytes);
  }
  return files;
}

async function takenOf(program: string, files: Map<string, Uint8Array>, rootfs: Rootfs): Promise<Taken> {
  const bytes = files.get(program) ?? (await rootfs.read(program));
  const elf = bytes === undefined ? undefined : readElf(bytes);
  if (bytes === undefined || elf === undefined) {
    throw new BytecodeImageError(`the base has no program \`/${visible(program)}\``, {
      hint: 'install the same Python on this host, and set `bytecode` to true',
    });
  }
  files.set(program, bytes);
  const home = dirname(dirname(program));
  if (elf.loader === undefined) return { files, program, loader: undefined, home };
  // Its folder is a link on most systems.
  const loader = parseTreePath(elf.loader.replace(/^\/+/, ''));
  const loaded = files.get(loader) ?? (await rootfs.read(loader));
  if (loaded !== undefined) files.set(loader, loaded);
  return { files, program, loader, home };
}

function isThere(name: string, files: ReadonlyMap<string, Uint8Array>): boolean {
  return [...files.keys()].some((path) => path.endsWith(`/${name}`));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
