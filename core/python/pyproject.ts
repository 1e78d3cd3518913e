/**
 * pyproject.toml (PyPA's "pyproject.toml specification": PEP 518, 621, 639, 735): the project's own metadata,
 * its build system and the tables of tools. What a tool's table means is that tool's reader's.
 */
import { parse as parseToml } from 'smol-toml';
import { messageOf, PycError } from '../primitives/errors.ts';
import type { DependencyGroupTable } from './dependency-groups.ts';
import { type ProjectMetadata, readProject } from './pyproject/project.ts';
import { TableReader } from './pyproject/table-reader.ts';
import type { Requirement } from './requirement.ts';

export type { Contact, License, ProjectMetadata, Readme } from './pyproject/project.ts';

/** One thing wrong in pyproject.toml. */
export interface PyprojectFault {
  /** Where, as a dotted path: `project.dependencies[2]`. */
  readonly path: string;
  readonly message: string;
}

/**
 * `pyproject.toml` is not TOML, or its `[project]` and `[build-system]` are not what the standards allow;
 * `details` holds every fault.
 */
export class PyprojectError extends PycError {
  readonly code = 'PYC_PYPROJECT_INVALID';
}

export interface BuildSystem {
  readonly requires: readonly Requirement[];
  /** An object reference; absent means setuptools' legacy backend (PEP 517). */
  readonly backend: string | undefined;
  /** Folders of the source tree from which the backend is imported. */
  readonly backendPath: readonly string[];
}

export interface Pyproject {
  /** The `[project]` table; absent where another tool's table describes the project. */
  readonly project: ProjectMetadata | undefined;
  /** Absent for a project that is no package. */
  readonly buildSystem: BuildSystem | undefined;
  /** As TOML gives it: groups are resolved, and their faults found, when they are asked for. */
  readonly dependencyGroups: DependencyGroupTable;
  /** The tables under `[tool]` by their tool's name. */
  readonly tool: Readonly<Record<string, unknown>>;
}

/**
 * Reads the text of a pyproject.toml.
 *
 * @throws PyprojectError with all faults at once, or TOML's own where the text is no TOML
 */
export function parsePyproject(text: string): Pyproject {
  const faults: PyprojectFault[] = [];
  const document = new TableReader(parseDocument(text), '', faults);
  const project = document.table('project');
  const buildSystem = document.table('build-system');
  const pyproject: Pyproject = {
    project: project === undefined ? undefined : readProject(project),
    buildSystem: buildSystem === undefined ? undefined : readBuildSystem(buildSystem),
    dependencyGroups: document.table('dependency-groups')?.values ?? {},
    tool: document.table('tool')?.values ?? {},
  };
  if (faults.length === 0) return pyproject;
  throw new PyprojectError(
    `pyproject.toml is invalid: ${faults
      .map(({ path, message }) => `\`${path}\` ${message}`)
      .join('; ')
      .slice(0, 2000)}`,
    {
      details: faults,
      hint: `correct \`${faults[0]?.path}\` as the pyproject.toml specification defines it`,
    },
  );
}

function readBuildSystem(table: TableReader): BuildSystem {
  return {
    requires: table.requirements('requires', { needed: true }),
    backend: table.text('build-backend'),
    backendPath: table.texts('backend-path'),
  };
}

function parseDocument(text: string): Readonly<Record<string, unknown>> {
  try {
    return parseToml(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    const [line = ''] = messageOf(cause).split('\n');
    throw new PyprojectError(`pyproject.toml is not TOML: ${line}`, {
      cause,
      details: [{ path: '', message: messageOf(cause) } satisfies PyprojectFault],
      hint: 'correct its syntax at the place named',
    });
  }
}
