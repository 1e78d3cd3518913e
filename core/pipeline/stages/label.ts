/** The label stage: what the image starts, as whom, with which environment, labels and annotations. Layers and bytes are not its business. */

import type { HistoryEntry } from '../../oci/image.ts';
import { environmentOver, historyOver } from '../../oci/over-base.ts';
import { PycError } from '../../primitives/errors.ts';
import { processLabels } from '../processes.ts';
import type { ResolvedConfig } from '../settings.ts';
import type { ImageConfig, Layered, Project, Resolution } from '../values.ts';

/** The process's user and group where nobody says otherwise: nobody's, as distroless images have it. */
const NONROOT = '65532:65532';
const VENV_BIN = '/opt/venv/bin';
const PYTHON = `${VENV_BIN}/python`;

/** A port in the configuration is not a number from 1 to 65535, alone or with `/tcp`, `/udp` or `/sctp`. */
export class PortError extends PycError {
  readonly code = 'PYC_CONFIG_PORT_INVALID';
  override readonly exitCode = 2;
}

/** The configuration of one platform's image, before any plugin shapes it. */
export function imageConfigOf(
  resolution: Resolution,
  layered: Layered,
  config: ResolvedConfig,
  created: string,
): ImageConfig {
  const { project, base } = resolution;
  const known = metadataOf(project, resolution);
  const baseConfig = base.image.config.config;
  const stopSignal = config.stopSignal ?? baseConfig?.StopSignal;
  return {
    platform: resolution.platform,
    ...startOf(project, config),
    env: environmentOver(baseConfig?.Env ?? [], config.env ?? {}),
    user: config.user ?? NONROOT,
    workdir: config.workdir ?? '/app',
    ports: portsOf(config.ports ?? []),
    ...(stopSignal === undefined ? {} : { stopSignal }),
    labels: { ...baseConfig?.Labels, ...known, ...processLabels(config.processes ?? {}), ...config.labels },
    annotations: { ...known, ...config.annotations },
    history: historyOf(resolution, layered, created),
    created,
    ...(project.authors?.[0] === undefined ? {} : { author: project.authors[0] }),
  };
}

/** True where nobody said what the image starts, so that it starts Python, which ends at once without a terminal. */
export function startsNothing(image: Pick<ImageConfig, 'entrypoint' | 'cmd'>): boolean {
  return image.cmd.length === 0 && image.entrypoint.length === 1 && image.entrypoint[0] === PYTHON;
}

/** The project's only console script starts where the configuration and the preset say nothing. */
function startOf(project: Project, config: ResolvedConfig): Pick<ImageConfig, 'entrypoint' | 'cmd'> {
  if (config.entrypoint !== undefined || config.cmd !== undefined) {
    return { entrypoint: config.entrypoint ?? [], cmd: config.cmd ?? [] };
  }
  const scripts = project.isPackage ? Object.keys(project.scripts ?? {}) : [];
  if (scripts.length === 1) return { entrypoint: [`${VENV_BIN}/${scripts[0]}`], cmd: [] };
  return { entrypoint: [PYTHON], cmd: [] };
}

/** `8000` and `8000/tcp` are one; `53/udp` stays. */
function portsOf(ports: readonly (number | string)[]): string[] {
  return ports.map((port) => {
    const match = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(String(port));
    const number = Number(match?.[1]);
    if (match === null || number < 1 || number > 65_535) {
      throw new PortError(`\`${port}\` is not a port`, {
        hint: 'write a number from 1 to 65535, or as in `53/udp`',
      });
    }
    return `${number}/${match[2] ?? 'tcp'}`;
  });
}

/** The keys of the OCI image specification, "Pre-Defined Annotation Keys", that the project and the base answer. */
function metadataOf(project: Project, { base }: Resolution): Record<string, string> {
  const urls = Object.entries(project.urls ?? {});
  const url = (...names: string[]): string | undefined =>
    urls.find(([name]) => names.includes(name.toLowerCase().replace(/[^a-z]/g, '')))?.[1];
  // A layout or an archive is a place on this host, and nobody else's name for the image.
  const isLocal = /^(?:layout|archive):/.test(base.source.reference);
  const digest = isLocal ? undefined : base.image.manifest?.descriptor.digest;
  const found: Record<string, string | undefined> = {
    title: project.name,
    version: project.version,
    description: project.description,
    authors: project.authors?.join(', ') || undefined,
    licenses: project.license,
    url: url('homepage', 'home'),
    source: url('source', 'sourcecode', 'repository', 'github') ?? project.git?.remote,
    documentation: url('documentation', 'docs'),
    revision:
      project.git === undefined ? undefined : `${project.git.commit}${project.git.dirty ? '-dirty' : ''}`,
    'base.name': digest === undefined ? undefined : base.source.reference,
    'base.digest': digest,
  };
  return Object.fromEntries(
    Object.entries(found)
      .filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '')
      .map(([key, value]) => [`org.opencontainers.image.${key}`, value]),
  );
}

/** The base's history, and an entry for each layer of ours. */
function historyOf({ base }: Resolution, layered: Layered, created: string): HistoryEntry[] {
  const ours = layered.layers
    .filter((layer) => layer.role !== 'base')
    .map((layer) => ({ created, created_by: `pycontainer: ${layer.name}` }));
  return [...historyOver(base.image), ...ours];
}
