/** What of the stated requirements holds for a target: edges between distributions that are there (PyPA, "Dependency specifiers"). */
import type { ComponentFacts } from 'pycontainer';
import { markerEnvironment, normalizeName, type PythonTarget, Requirement } from 'pycontainer/python';

/**
 * By normalised name, the names of those that each needs, whether they are there or not. Extras are those that somebody
 * asks for: the project, or another distribution whose own requirement holds.
 *
 * @param project what the project requires, as in `fastapi[standard]>=0.1`
 */
export function requirementGraph(
  distributions: readonly ComponentFacts[],
  project: readonly string[],
  target: PythonTarget,
): ReadonlyMap<string, readonly string[]> {
  const environment = markerEnvironment(target);
  const parsed = new Map(
    distributions.map(({ name, requirements = [] }) => [name, requirements.flatMap(parse)]),
  );
  const extras = new Map<string, Set<string>>();
  const ask = (requirement: Requirement): boolean => {
    const name = normalizeName(requirement.name);
    const known = extras.get(name) ?? new Set();
    const before = known.size;
    for (const extra of requirement.extras) known.add(normalizeName(extra));
    extras.set(name, known);
    return known.size > before;
  };
  const holds = ({ marker }: Requirement, asked: ReadonlySet<string>): boolean =>
    marker === undefined || ['', ...asked].some((extra) => evaluates(marker, { ...environment, extra }));
  for (const requirement of project.flatMap(parse)) ask(requirement);
  const NONE: ReadonlySet<string> = new Set();
  // Each round adds an extra, and there are not more of them than are written somewhere.
  for (let isNews = true; isNews; ) {
    isNews = false;
    for (const [name, requirements] of parsed) {
      for (const requirement of requirements) {
        if (requirement.extras.length === 0 || !holds(requirement, extras.get(name) ?? NONE)) continue;
        isNews = ask(requirement) || isNews;
      }
    }
  }
  return new Map(
    [...parsed].map(([name, requirements]) => [
      name,
      requirements
        .filter((requirement) => holds(requirement, extras.get(name) ?? NONE))
        .map((requirement) => normalizeName(requirement.name)),
    ]),
  );
}

function evaluates(
  marker: NonNullable<Requirement['marker']>,
  environment: Parameters<NonNullable<Requirement['marker']>['evaluate']>[0],
): boolean {
  try {
    return marker.evaluate(environment);
  } catch {
    return false;
  }
}

/** What is no requirement needs nothing. */
function parse(text: string): Requirement[] {
  try {
    return [Requirement.parse(text)];
  } catch {
    return [];
  }
}
