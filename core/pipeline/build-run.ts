/** What the steps of one build share: configuration, session, hooks, records of parts, and the report so far. */
import type { PartRecords } from './collect/part-records.ts';
import type { Graph } from './graph.ts';
import type { BuildReport, ReportedImage } from './report.ts';
import type { Session } from './session.ts';
import type { ResolvedConfig } from './settings.ts';
import type { SharedLayers } from './shared-layers.ts';
import { referencesOf, withTag } from './stages/publish.ts';
import type { Project } from './values.ts';

/** The report as far as it is known: a build that fails reports this. */
export interface ReportSoFar {
  /** Replaced whenever something becomes known. */
  report: BuildReport;
}

export interface BuildRun {
  readonly config: ResolvedConfig;
  readonly session: Session;
  readonly graph: Graph;
  readonly records: PartRecords;
  /** Where the configuration names a cache of layers. */
  readonly shared?: SharedLayers | undefined;
  readonly known: ReportSoFar;
}

/** What is built, once it is clear. */
export interface BuildSubject {
  readonly project: Project;
  /** The image's name. */
  readonly name: string;
  /** The configuration with the folder that the sources are taken from: a workspace's member has its own. */
  readonly sources: ResolvedConfig;
}

/** Adds to the report, or replaces what it says. */
export function note({ known }: Pick<BuildRun, 'known'>, change: Partial<BuildReport>): void {
  known.report = { ...known.report, ...change };
}

/** How an image is called in the report. */
export function namesOf(name: string, config: ResolvedConfig): Pick<ReportedImage, 'name' | 'tags'> {
  return { name, tags: referencesOf(name, config).map(withTag) };
}
