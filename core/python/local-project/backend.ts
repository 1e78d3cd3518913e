/** What a backend's rules are given, and what they are. Which backends there are is the table's in `backends`. */
import type { SpellLicense } from './license-expression.ts';
import type { PlannedWheel } from './plan.ts';
import type { ProjectFiles } from './project-files.ts';
import type { Table } from './table.ts';

/** What lies around a project's folder that some backends look at. */
export interface Surroundings {
  /** Absolute path of the project's folder. */
  readonly directory: string;
  /**
   * Text of the nearest `.gitignore`, in the folder or above it up to the work tree's top. Its patterns are taken as the
   * folder's own, as hatchling does it.
   */
  readonly gitignore: string | undefined;
  /** Whether a `.hgignore` lies there. */
  readonly mercurial: boolean;
  /** Whether git ignores a file of the project and does not have it; undefined where git cannot be asked. */
  isIgnored(path: string): boolean | undefined;
}

export interface BackendInput {
  readonly files: ProjectFiles;
  /** pyproject.toml. */
  readonly document: Table;
  /** The backend's version whose rules are to be followed. */
  readonly version: string;
  readonly surroundings: Surroundings;
  readonly spellLicense: SpellLicense;
}

/** A backend's rules. @throws NotStatic where they do not tell what the wheel would be */
export type BackendRules = (input: BackendInput) => PlannedWheel;
