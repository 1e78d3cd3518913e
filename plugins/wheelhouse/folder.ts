/**
 * Puts a wheelhouse into a folder: all of it or nothing. An earlier one is replaced whole; a folder with anything in it that
 * this module did not write is left alone.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf, PycError, visible } from 'pycontainer';
import { type HousedWheel, REQUIREMENTS, wheelsListedIn } from './requirements.ts';

/**
 * The folder of `wheelhouse:DIR` holds something that no earlier build wrote there, or is no folder. It is not touched: name
 * another folder, or empty this one.
 */
export class WheelhouseOccupiedError extends PycError {
  readonly code = 'PYC_WHEELHOUSE_OCCUPIED';
  override readonly exitCode = 2;
}

/** The folder of `wheelhouse:DIR` cannot be written. What was there before is there still. */
export class WheelhouseWriteError extends PycError {
  readonly code = 'PYC_WHEELHOUSE_UNWRITABLE';
}

/** @throws WheelhouseOccupiedError where the folder holds what no wheelhouse of ours has */
export async function checkFolder(directory: string): Promise<void> {
  await attempt(directory, async () => {
    const facts = await lstat(await targetOf(directory)).catch(ignoreMissing);
    if (facts === undefined) return;
    if (!facts.isDirectory()) throw occupied(directory, 'it is no folder');
    const names = await readdir(directory);
    if (names.length === 0) return;
    const text = names.includes(REQUIREMENTS) ? await readFile(join(directory, REQUIREMENTS), 'utf8') : '';
    const ours = wheelsListedIn(text);
    const stranger = names.find((name) => name !== REQUIREMENTS && ours?.has(name) !== true);
    if (stranger !== undefined) throw occupied(directory, `it has \`${visible(stranger)}\` in it`);
    if (ours === undefined) throw occupied(directory, `its \`${REQUIREMENTS}\` is of another origin`);
  });
}

/** @throws WheelhouseOccupiedError, WheelhouseWriteError; the folder is as before then */
export async function writeFolder(
  directory: string,
  wheels: readonly HousedWheel[],
  requirements: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  await checkFolder(directory);
  await attempt(directory, async () => {
    const target = await targetOf(directory);
    await mkdir(dirname(target), { recursive: true });
    const mark = `${target}.${randomBytes(6).toString('hex')}`;
    const [draft, former] = [`${mark}.tmp`, `${mark}.old`];
    try {
      await mkdir(draft);
      for (const wheel of wheels) await copy(wheel, join(draft, wheel.name), signal);
      await writeFile(join(draft, REQUIREMENTS), requirements, { flag: 'wx' });
      const had = await rename(target, former).then(() => true, ignoreMissing);
      await rename(draft, target).catch(async (thrown: unknown) => {
        if (had === true) await rename(former, target);
        throw thrown;
      });
    } finally {
      await rm(draft, { recursive: true, force: true });
      await rm(former, { recursive: true, force: true });
    }
  });
}

/** What leaves the store is looked at once more. */
async function copy({ name, file, digest }: HousedWheel, path: string, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(
    createReadStream(file),
    async function* (source: AsyncIterable<Uint8Array>) {
      for await (const chunk of source) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(path, { flags: 'wx' }),
    { signal },
  );
  if (`sha256:${hash.digest('hex')}` === digest) return;
  throw new WheelhouseWriteError(`\`${name}\` has changed on this host since it was fetched`, {
    hint: 'build again: the file is fetched anew',
  });
}

/** A link to a folder stays, and the folder that it leads to is replaced. */
async function targetOf(directory: string): Promise<string> {
  return (await realpath(directory).catch(ignoreMissing)) ?? directory;
}

function occupied(directory: string, why: string): WheelhouseOccupiedError {
  return new WheelhouseOccupiedError(`\`${visible(directory)}\` cannot become a wheelhouse: ${why}`, {
    hint: 'name a folder that is empty or not there yet',
  });
}

/** The file system's own errors in our words; others as they are. */
async function attempt<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException | null)?.code;
    if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) throw thrown;
    throw new WheelhouseWriteError(
      `cannot write the wheelhouse \`${visible(directory)}\`: ${messageOf(thrown)}`,
      {
        hint: 'make room or permissions there, or name another folder',
        cause: thrown,
      },
    );
  }
}

function ignoreMissing(thrown: unknown): undefined {
  if ((thrown as NodeJS.ErrnoException | null)?.code === 'ENOENT') return undefined;
  throw thrown;
}
