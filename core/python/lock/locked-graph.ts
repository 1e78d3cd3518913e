/**
 * Walks the graph of a lock that records edges by name and versions alone: breadth-first from the roots, each name one
 * version, the highest that every edge reached allows. Knows no format; which edges hold is its caller's answer.
 */
import { compareVersions, type Version } from '../version.ts';
import { LockMalformedError } from './lock-error.ts';

/** A requirement that holds on the target. */
export interface GraphEdge {
  /** Normalised. */
  readonly name: string;
  /** Normalised. */
  readonly extras: readonly string[];
  /** Whether a locked version meets it; a direct reference takes any. */
  readonly admits: (version: Version) => boolean;
}

export interface GraphNode {
  readonly name: string;
  readonly version: Version;
}

/** What a walk needs of a lock. */
export interface LockedGraph<Node extends GraphNode> {
  /** How errors call the lock. */
  readonly file: string;
  readonly roots: readonly GraphEdge[];
  /** What asks for the roots, as reports name it; undefined where it has no name. */
  readonly rootName: string | undefined;
  /** The entries that could meet an edge, for the target alone. */
  readonly candidates: (edge: GraphEdge) => readonly Node[];
  /** The edges of an entry that hold when these extras of it are wanted. */
  readonly edgesOf: (node: Node, extras: ReadonlySet<string>) => readonly GraphEdge[];
}

/** A choice of versions changes the edges, which changes the choice; a lock that was resolved settles at once. */
const MOST_ROUNDS = 50;

/**
 * Each entry that is reached, with the names of what asks for it.
 *
 * @throws LockMalformedError where an edge that holds has no entry, and where no choice of versions meets all edges
 */
export function walkLockedGraph<Node extends GraphNode>(
  graph: LockedGraph<Node>,
): ReadonlyMap<Node, ReadonlySet<string>> {
  let limits: ReadonlyMap<string, readonly GraphEdge[]> = new Map();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { reached, edges, open } = walkOnce(graph, limits);
    if (open === undefined) return reached;
    // An edge that was met later excludes what was taken earlier: the next round knows it from the start.
    limits = edges;
  }
  throw new LockMalformedError(graph.file, '', 'its versions do not meet its own requirements');
}

/** Each name with those that ask for it, out of pairs; what asks for itself is left out. */
export function parentsOf(
  pairs: Iterable<readonly [name: string, by: string]>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const parents = new Map<string, Set<string>>();
  for (const [name, by] of pairs) {
    if (name === by) continue;
    const known = parents.get(name);
    if (known === undefined) parents.set(name, new Set([by]));
    else known.add(by);
  }
  return parents;
}

interface Round<Node> {
  readonly reached: Map<Node, Set<string>>;
  readonly edges: Map<string, GraphEdge[]>;
  /** A name whose entry does not meet every edge. */
  readonly open: string | undefined;
}

function walkOnce<Node extends GraphNode>(
  graph: LockedGraph<Node>,
  limits: ReadonlyMap<string, readonly GraphEdge[]>,
): Round<Node> {
  const reached = new Map<Node, Set<string>>();
  const wanted = new Map<Node, Set<string>>();
  const edges = new Map<string, GraphEdge[]>();
  const chosen = new Map<string, Node>();
  const queue: (readonly [edge: GraphEdge, by: string | undefined])[] = graph.roots.map((edge) => [
    edge,
    graph.rootName,
  ]);
  for (const [edge, by] of queue) {
    const met = edges.get(edge.name);
    if (met === undefined) edges.set(edge.name, [edge]);
    else met.push(edge);
    const node = pick(graph, edge, limits.get(edge.name) ?? [], chosen);
    const isNew = !reached.has(node);
    const askedBy = reached.get(node) ?? new Set();
    if (by !== undefined && by !== node.name) askedBy.add(by);
    reached.set(node, askedBy);
    const extras = wanted.get(node) ?? new Set();
    wanted.set(node, extras);
    const added = edge.extras.filter((extra) => !extras.has(extra));
    for (const extra of added) extras.add(extra);
    if (!isNew && added.length === 0) continue;
    for (const next of graph.edgesOf(node, extras)) queue.push([next, node.name]);
  }
  const open = [...chosen.values()].find(
    ({ name, version }) => !(edges.get(name) ?? []).every((edge) => edge.admits(version)),
  );
  return { reached, edges, open: open?.name };
}

/** The entry that was taken for the same candidates before, else the highest that the edge and the limits allow. */
function pick<Node extends GraphNode>(
  graph: LockedGraph<Node>,
  edge: GraphEdge,
  limits: readonly GraphEdge[],
  chosen: Map<string, Node>,
): Node {
  const candidates = graph.candidates(edge);
  const before = chosen.get(edge.name);
  if (before !== undefined && candidates.includes(before)) return before;
  const fitting = candidates.filter(
    ({ version }) => edge.admits(version) && limits.every((limit) => limit.admits(version)),
  );
  const best = highest(fitting) ?? highest(candidates.filter(({ version }) => edge.admits(version)));
  if (best === undefined) {
    throw new LockMalformedError(
      graph.file,
      '',
      candidates.length === 0
        ? `\`${edge.name}\` is required and not locked for the target`
        : `\`${edge.name}\` is required in another version than ${candidates.map(({ version }) => `\`${version}\``).join(', ')}`,
    );
  }
  chosen.set(edge.name, best);
  return best;
}

function highest<Node extends GraphNode>(nodes: readonly Node[]): Node | undefined {
  return nodes.reduce<Node | undefined>(
    (best, node) => (best === undefined || compareVersions(node.version, best.version) > 0 ? node : best),
    undefined,
  );
}
