/** Which folder a configuration builds, and whether it concerns the folder that was asked for. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where a run starts, and which file of configuration it found. */
export interface Scope {
  /** Absolute: the folder that the command line names, else the working directory. */
  readonly start: string;
  /** True where the command line names a folder. */
  readonly isDirectoryNamed: boolean;
  /** Absolute path of the file. */
  readonly file: string;
  /** True where the command line or the environment names the file. */
  readonly isFileNamed: boolean;
}

/** What makes a folder a project of its own. */
const PROJECT_FILES: readonly string[] = [
  'pyproject.toml',
  'uv.lock',
  'pylock.toml',
  'poetry.lock',
  'pdm.lock',
  'Pipfile',
  'requirements.txt',
  'setup.py',
  'setup.cfg',
];

/**
 * The project's folder. A folder on the command line is stronger than the file's `project` only where the file
 * was named apart from it; otherwise the folder is where the file was looked for.
 *
 * @param project - `project`, absolute
 */
export function projectDirectory(scope: Scope, project: string | undefined): string {
  if (scope.isFileNamed && scope.isDirectoryNamed) return scope.start;
  return project ?? dirname(scope.file);
}

/**
 * A configuration from further up concerns a folder only where it says so: the folder is an image's project.
 * Without that a repository's configuration would be applied to every other project in it. From a folder that
 * is no project, such as one of its sources, the configuration above is meant.
 */
export function concerns(scope: Scope, directory: string): boolean {
  if (scope.isFileNamed || dirname(scope.file) === scope.start || directory === scope.start) return true;
  return !scope.isDirectoryNamed && !PROJECT_FILES.some((name) => existsSync(join(scope.start, name)));
}
