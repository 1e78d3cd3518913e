/** The command to type after a build: starts what was built, with what the image's user most likely has. */
import type { BuildReport, ReportedImage, ReportedOutput } from '../../pipeline/report.ts';
import { shellWord, shownReference } from './location.ts';

/** A command and when to use it. */
export interface NextCommand {
  readonly title: string;
  readonly lines: readonly string[];
}

/** The commands for a report's first output; none where nothing can be started from it. */
export function nextCommands(report: BuildReport, cwd: string): readonly NextCommand[] {
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
        { title: 'Run it', lines: [run('podman', reference)] },
        { title: 'Or with Docker', lines: dockerLines(report, image, run) },
      ];
    case 'archive':
      return [{ title: 'Run it', lines: [run('podman', reference)] }];
    case 'docker-archive': {
      const file = reference.replace(/^docker-archive:/, '').replace(/:[^:/]+(:[^:/]+)?$/, '');
      const tag = tagOf(report, output);
      return [{ title: 'Run it', lines: [`docker load --input ${file}`, run('docker', tag)] }];
    }
    case 'registry':
      return [{ title: 'Run it', lines: [run('podman', reference)] }];
    default:
      return [];
  }
}

function dockerLines(
  report: BuildReport,
  image: ReportedImage,
  run: (engine: string, what: string) => string,
): string[] {
  const directory = report.project?.directory;
  const where = directory === undefined || directory === '.' ? '' : ` ${shellWord(directory)}`;
  return [
    `pyc build${where} --output docker-archive:image.tar && docker load --input image.tar`,
    run('docker', shellWord(`${image.name}:latest`)),
  ];
}

/** The name that an engine gives to a loaded archive. */
function tagOf(report: BuildReport, output: ReportedOutput): string {
  const named = /:([^:/]+:[^:/]+)$/.exec(output.reference)?.[1];
  return shellWord(named ?? `${report.images[0]?.name ?? 'image'}:latest`);
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
