/**
 * Reads a requirements file with all that it includes (pip's "Requirements File Format"). Files come through a
 * reader that is handed in; which of them may be read is decided here: none outside the project.
 */
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { visible } from '../../../primitives/path.ts';
import { LockMalformedError } from '../lock-error.ts';
import type { FileReader } from '../lock-file.ts';
import { decodeRequirements } from './decode.ts';
import { logicalLines } from './lines.ts';
import { type LineOptions, OptionFault, parseOptions, splitLine } from './options.ts';

export interface RequirementsContext {
  /** Absolute: the project's folder, which includes must not leave. */
  readonly directory: string;
  readonly readFile: FileReader;
  /** For `${VARIABLES}`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** One requirement as it stands in a file. */
export interface RequirementLine {
  /** Of the file, relative to the project. */
  readonly file: string;
  /** From 1; of the first line where several are joined. */
  readonly line: number;
  readonly text: string;
  readonly editable: boolean;
  /** It comes from a `-c` file: it limits versions and adds nothing. */
  readonly constraint: boolean;
  /** `algorithm:digits`, in the order written. */
  readonly hashes: readonly string[];
  readonly configSettings: readonly string[];
}

/** What a requirements file says, includes and all. */
export interface RequirementsFile {
  readonly lines: readonly RequirementLine[];
  /** The last `--index-url`, then every `--extra-index-url`; empty where pip's default holds. */
  readonly indexUrl: string | undefined;
  readonly extraIndexUrls: readonly string[];
  readonly noIndex: boolean;
  readonly findLinks: readonly string[];
  readonly noBinary: readonly string[];
  readonly requireHashes: boolean;
  readonly noRequireHashes: boolean;
}

/** An include below this many others is a loop in disguise. */
const DEEPEST = 64;
/** Includes multiply: the same file may be read many times over. */
const MOST_FILES = 1000;

/**
 * @param path relative to the project
 * @throws LockMalformedError naming file and line
 */
export async function parseRequirements(
  path: string,
  content: Uint8Array | string,
  context: RequirementsContext,
): Promise<RequirementsFile> {
  const collector = new Collector(context);
  await collector.add(path, content, false, [resolve(context.directory, path)]);
  return collector.result();
}

class Collector {
  readonly #context: RequirementsContext;
  readonly #lines: RequirementLine[] = [];
  readonly #findLinks: string[] = [];
  readonly #noBinary: string[] = [];
  #indexUrl: string | undefined;
  #extraIndexUrls: string[] = [];
  #noIndex = false;
  #requireHashes = false;
  #noRequireHashes = false;
  #files = 0;

  constructor(context: RequirementsContext) {
    this.#context = context;
  }

  result(): RequirementsFile {
    return {
      lines: this.#lines,
      indexUrl: this.#indexUrl,
      extraIndexUrls: this.#extraIndexUrls,
      noIndex: this.#noIndex,
      findLinks: this.#findLinks,
      noBinary: this.#noBinary,
      requireHashes: this.#requireHashes,
      noRequireHashes: this.#noRequireHashes,
    };
  }

  /** @param open absolute paths of the files that include one another down to this one, itself the last */
  async add(
    file: string,
    content: Uint8Array | string,
    constraint: boolean,
    open: readonly string[],
  ): Promise<void> {
    this.#files += 1;
    if (open.length > DEEPEST || this.#files > MOST_FILES) {
      throw new LockMalformedError(file, '', 'too many files include one another');
    }
    const text = typeof content === 'string' ? content : decodeRequirements(content, file);
    for (const { number, text: line } of logicalLines(text, this.#context.environment)) {
      const { requirement, options: optionsText } = splitLine(line);
      const options = this.#options(file, number, optionsText);
      const editables = options.values.get('editables') ?? [];
      if (requirement !== '' || editables.length > 0) {
        this.#lines.push({
          file,
          line: number,
          text: requirement === '' ? editables[0]! : requirement,
          editable: editables.length > 0,
          constraint,
          // An editable has no archive that could have a hash.
          hashes: editables.length > 0 ? [] : (options.values.get('hashes') ?? []),
          configSettings: options.values.get('configSettings') ?? [],
        });
        continue;
      }
      const included = options.values.get('requirements') ?? options.values.get('constraints');
      if (included === undefined) this.#apply(options);
      else await this.#include(file, number, included[0]!, !options.values.has('requirements'), open);
    }
  }

  #options(file: string, line: number, text: string): LineOptions {
    try {
      return parseOptions(text);
    } catch (cause) {
      if (!(cause instanceof OptionFault)) throw cause;
      throw new LockMalformedError(file, `line ${line}`, cause.message, { cause });
    }
  }

  async #include(
    file: string,
    line: number,
    target: string,
    constraint: boolean,
    open: readonly string[],
  ): Promise<void> {
    const { directory, readFile } = this.#context;
    const fail = (fault: string): LockMalformedError =>
      new LockMalformedError(file, `line ${line}`, `\`${visible(target)}\` ${fault}`, {
        hint: 'correct the path, which is relative to the file that it stands in',
      });
    if (/^(?:https?|file):/i.test(target)) throw fail('is not a file of the project');
    const path = resolve(directory, file, '..', target);
    const inProject = relative(directory, path);
    if (/^\.\.(?:[/\\]|$)/.test(inProject) || isAbsolute(inProject)) throw fail('lies outside the project');
    if (open.includes(path)) throw fail('includes itself');
    const content = await readFile(path);
    if (content === undefined) throw fail('does not exist');
    await this.add(inProject.split(sep).join('/'), content, constraint, [...open, path]);
  }

  /** The options of a line without a requirement hold for the whole run, wherever they stand. */
  #apply({ flags, values }: LineOptions): void {
    if (flags.has('requireHashes')) this.#requireHashes = true;
    if (flags.has('noRequireHashes')) this.#noRequireHashes = true;
    if (flags.has('noIndex')) {
      this.#noIndex = true;
      this.#indexUrl = undefined;
      this.#extraIndexUrls = [];
    }
    const indexUrl = values.get('indexUrl')?.at(-1);
    // pip takes a later `--index-url` for a new beginning.
    if (indexUrl !== undefined && !this.#noIndex) {
      this.#indexUrl = indexUrl;
      this.#extraIndexUrls = [];
    }
    if (!this.#noIndex) this.#extraIndexUrls.push(...(values.get('extraIndexUrls') ?? []));
    const findLinks = values.get('findLinks')?.[0];
    if (findLinks !== undefined) this.#findLinks.push(findLinks);
    this.#noBinary.push(...(values.get('noBinary') ?? []));
  }
}
