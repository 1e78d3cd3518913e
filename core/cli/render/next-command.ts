/** The command to type after a build: starts what was built, with what the image's user most likely has. */
import type { BuildReport, ReportedImage } from '../../pipeline/report.ts';
import { shellWord, shownReference } from './location.ts';

/** A command and when to use it. */
export interface NextCommand {
  readonly title: string;
  readonly lines: readonly string[];
}

/**
 * The commands for a report's first output; none where nothing can be started from it.
 *
 * @param words - what was typed after `pyc build`, for a command that repeats it
 * @param program - how `pyc` was started
 */
export function nextCommands(
  report: BuildReport,
  cwd: string,
  words: readonly string[] = [],
  program = 'pyc',
): readonly NextCommand[] {
  const [output] = report.outputs;
  const [image] = report.images;
  if (output === undefined || image === undefined) return [];
  const reference = shellWord(shownReference(output.reference, cwd));
  const run = (engine: string, what: string): string =>
    [engine, 'run', '--rm', ...portsOf(image), what].join(' ');
  const kind = output.destination.split(':', 1)[0];
  switch (kind) {
    case 'layout':
      return [
        { title: 'Run it', lines: [runLayout(output.reference, cwd, (what) => run('podman', what))] },
        ...dockerCommand(report, image, [program, 'build', ...words], run),
      ];
    case 'archive':
      return [{ title: 'Run it', lines: [run('podman', reference)] }];
    case 'docker-archive': {
      const file = shellWord(shownReference(output.reference, cwd).replace(/^docker-archive:/, ''));
      return [{ title: 'Run it', lines: [`docker load --input ${file}`, run('docker', loadedName(image))] }];
    }
    case 'registry':
      return [{ title: 'Run it', lines: [run('podman', reference)] }];
    case 'load':
      return [{ title: 'Run it', lines: [runLoaded(output.destination, image.name, reference, run)] }];
    default:
      return [];
  }
}

/** By the engine's own program. What lies in a cluster is started by the cluster, which must not look for it elsewhere. */
function runLoaded(
  destination: string,
  name: string,
  reference: string,
  run: (engine: string, what: string) => string,
): string {
  const engine = destination.slice('load:'.length);
  if (engine === 'docker' || engine === 'podman') return run(engine, reference);
  const pod = shellWord(name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'));
  return `kubectl run ${pod} --image=${reference} --image-pull-policy=Never`;
}

/** podman makes the name of an image of the path that it is given, and such names have no upper case and no spaces. */
function runLayout(reference: string, cwd: string, run: (what: string) => string): string {
  const shown = shownReference(reference, cwd);
  const [, folder, name] = /^oci:(.*[\\/])([^\\/]+)$/.exec(shown) ?? [];
  if (folder === undefined || name === undefined || /^[a-z0-9._/-]+$/.test(folder))
    return run(shellWord(shown));
  return `cd ${shellWord(folder)} && ${run(shellWord(`oci:${name}`))}`;
}

/** The same command once more, for Docker; none where repeating it would print a password. */
function dockerCommand(
  report: BuildReport,
  image: ReportedImage,
  words: readonly string[],
  run: (engine: string, what: string) => string,
): readonly NextCommand[] {
  if (words.some((word) => /^--(?:username|password)/.test(word))) return [];
  const only = report.images.some(({ name }) => name !== image.name) && !words.includes('--only');
  const [program = '', ...rest] = words;
  const again = [
    program,
    ...rest.filter((word) => word !== '--push').map(shellWord),
    ...(only ? ['--only', shellWord(image.name)] : []),
    '--output docker-archive:image.tar',
  ].join(' ');
  return [
    {
      title: 'Or with Docker',
      lines: [`${again} && docker load --input image.tar`, run('docker', loadedName(image))],
    },
  ];
}

/** The name that an engine gives to a loaded archive. */
function loadedName(image: ReportedImage): string {
  return shellWord(image.tags[0] ?? `${image.name}:latest`);
}

function portsOf(image: ReportedImage): string[] {
  return image.ports.flatMap((port) => {
    const [number = '', protocol] = port.split('/');
    return [
      '-p',
      protocol === undefined || protocol === 'tcp'
        ? `${number}:${number}`
        : `${number}:${number}/${protocol}`,
    ];
  });
}
