/** What an image was built from. Nothing of it depends on when or where the build ran, so that the same inputs give the same image. */
import { formatPlatform, type Resolution } from 'pycontainer';

/** The facts of one platform's image. */
export interface Facts {
  readonly project: string;
  readonly version: string | null;
  readonly team: string;
  /** The commit that was checked out; null where the project is no git work tree. */
  readonly commit: string | null;
  /** True where files differed from the commit. */
  readonly dirty: boolean;
  readonly platform: string;
  readonly python: string;
  readonly base: string;
  /** Name → version. */
  readonly distributions: Readonly<Record<string, string>>;
}

export function factsOf(resolution: Resolution, team: string): Facts {
  const { project, platform, python, base, distributions } = resolution;
  return {
    project: project.name,
    version: project.version ?? null,
    team,
    commit: project.git?.commit ?? null,
    dirty: project.git?.dirty ?? false,
    platform: formatPlatform(platform),
    python: python.target.version,
    base: base.source.reference,
    distributions: Object.fromEntries(distributions.map(({ name, version }) => [name, version])),
  };
}

/** The facts as they lie in the image. */
export function printFacts(facts: Facts): string {
  return `${JSON.stringify(facts, undefined, 2)}\n`;
}
