/**
 * A preset for a framework whose application is an object in the sources, started by a server: the framework is
 * described by data. Nothing is imported or executed.
 */
import type { Config, Detection, Preset, PresetInput, PresetReason } from 'pycontainer';
import type { SourceTree } from 'pycontainer/python';
import { namesOf, PORT, type Server, startWith } from '../server/locked.ts';
import { checkEntrypoint } from './entrypoint.ts';
import {
  PresetAmbiguousError,
  PresetEntrypointError,
  PresetNoApplicationError,
  PresetNoServerError,
} from './errors.ts';
import { type Application, findApplication, findIn, type Wanted } from './find.ts';
import { pathEnvironment, treeOf } from './place.ts';

/** What the project itself says of its application. */
export interface StatedApplication {
  /** As messages name it, as in `` `FLASK_APP` in .flaskenv ``. */
  readonly place: string;
  /** `module:name`, or `module` alone, where the framework then looks itself; anything else is an error. */
  readonly value: unknown;
  /** True where what is stated is a call of a function that makes the application. */
  readonly factory?: boolean;
  readonly file?: string;
  readonly line?: number;
}

/** A framework, described. */
export interface Framework {
  /** Of the preset and of the distribution. */
  readonly name: string;
  /** As its authors write it. */
  readonly title: string;
  readonly wanted: Wanted;
  /** A word that every file has which makes an application. */
  readonly word: string;
  readonly servers: readonly Server[];
  /** A server to advise. */
  readonly advised: string;
  stated?(input: PresetInput, tree: SourceTree): Promise<StatedApplication | undefined>;
  /** What a project writes to say which object is meant. */
  wayOut(target: string): string;
  /** True where the lock says so little that the sources need not be searched. */
  isUnlikely?(input: PresetInput): boolean;
  /** What belongs to the image beside the start. */
  readonly config?: Pick<Config, 'exclude' | 'labels'>;
}

/** What is to be started, and why. */
interface Found {
  readonly target: string;
  readonly factory: boolean;
  readonly file?: string;
  readonly reasons: readonly PresetReason[];
}

/** The preset of a framework. */
export function frameworkPreset(framework: Framework): Preset {
  return {
    name: framework.name,
    async detect(input) {
      const tree = await treeOf(input);
      const stated = await framework.stated?.(input, tree);
      const locked = input.distributions.some(({ name }) => name === framework.name);
      // A dependency alone says little, but without it no application can be the framework's.
      if (!locked && !input.explicit && stated === undefined) return undefined;
      if (!input.explicit && stated === undefined && framework.isUnlikely?.(input) === true) return undefined;
      const found = await (stated === undefined
        ? search(framework, input, tree)
        : take(framework, tree, stated));
      return found === undefined ? undefined : detectionOf(framework, input, tree, found);
    },
  };
}

async function take(framework: Framework, tree: SourceTree, stated: StatedApplication): Promise<Found> {
  const { place, value } = stated;
  const module = typeof value === 'string' && !value.includes(':') ? tree.pathOf(value) : undefined;
  if (module !== undefined) {
    const { chosen, candidates } = await findIn(tree, module, framework.wanted);
    if (chosen !== undefined) return ofApplication(framework, chosen, [reasonOf(stated, chosen.target)]);
    if (candidates.length > 0) throw ambiguous(framework, candidates);
    throw new PresetEntrypointError(
      `${place} names \`${module}\`, which has no ${framework.title} application`,
      {
        hint: `correct ${place}, or write it as in \`${String(value)}:app\``,
      },
    );
  }
  const { target, factory, file, line } = await checkEntrypoint(tree, place, value, framework.wanted.classes);
  const isFactory = factory || stated.factory === true;
  const made: PresetReason = {
    message: isFactory ? 'it is a function that makes the application' : 'it is defined here',
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
  };
  return {
    target,
    factory: isFactory,
    ...(file === undefined ? {} : { file }),
    reasons: line === undefined ? [reasonOf(stated, target)] : [reasonOf(stated, target), made],
  };
}

function reasonOf({ place, file, line }: StatedApplication, target: string): PresetReason {
  return {
    message: `\`${target}\` is the application that ${place} states`,
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
  };
}

async function search(
  framework: Framework,
  input: PresetInput,
  tree: SourceTree,
): Promise<Found | undefined> {
  const { chosen, candidates } = await findApplication(input, tree, framework.wanted, framework.word);
  if (chosen !== undefined) return ofApplication(framework, chosen, []);
  if (candidates.length > 0) throw ambiguous(framework, candidates);
  if (!input.explicit) return undefined;
  throw new PresetNoApplicationError(`no ${framework.title} application was found in the sources`, {
    hint: framework.wayOut('module:name'),
  });
}

function ofApplication(
  { title }: Framework,
  { target, kind, file, line }: Application,
  before: readonly PresetReason[],
): Found {
  const article = /^[AEIOU]/.test(title) ? 'an' : 'a';
  const message =
    kind === 'factory'
      ? `\`${target}\` makes ${article} ${title} application`
      : `\`${target}\` is ${article} ${title} application`;
  return { target, factory: kind === 'factory', file, reasons: [...before, { message, file, line }] };
}

function detectionOf(framework: Framework, input: PresetInput, tree: SourceTree, found: Found): Detection {
  const { servers, advised, config } = framework;
  const start = startWith(servers, input.distributions, found.target, found.factory);
  if (start === undefined) {
    throw new PresetNoServerError(
      `no server that could start \`${found.target}\` is locked: none of ${namesOf(servers)}`,
      { hint: `add one to the dependencies and lock again, as in \`uv add ${advised}\`` },
    );
  }
  return {
    config: {
      entrypoint: start.entrypoint,
      ports: [PORT],
      stopSignal: start.stopSignal,
      env: {
        PYTHONUNBUFFERED: '1',
        PYTHONFAULTHANDLER: '1',
        ...pathEnvironment(input, tree, found.file),
        ...start.env,
      },
      ...config,
    },
    reasons: [
      ...found.reasons,
      {
        message: `it is started with ${start.server} ${start.version}, which is locked`,
        keys: ['ports', 'stopSignal', ...Object.keys(start.env).map((name) => `env.${name}`)],
      },
    ],
  };
}

function ambiguous(framework: Framework, candidates: readonly Application[]): PresetAmbiguousError {
  const list = candidates.map(({ target, file, line }) => `\`${target}\` (${file}:${line})`);
  return new PresetAmbiguousError(`several objects could be the application: ${list.join(', ')}`, {
    hint: framework.wayOut(candidates[0]!.target),
    details: candidates.map(({ target, file, line }) => ({ target, file, line })),
  });
}
