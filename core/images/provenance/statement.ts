/**
 * What our provenance says, as far as a build can be repeated by it (docs/reference/provenance.md). It is somebody's word: nothing of
 * it is believed before the digests of what was built again are compared.
 */
import * as z from 'zod';
import { type Digest, hexOf } from '../../primitives/digest.ts';

/** The predicate's type (SLSA v1.0, "Provenance"). */
export const SLSA_PROVENANCE = 'https://slsa.dev/provenance/v1';
/** Says how the parameters are to be read. What changes them makes another one. */
export const PROVENANCE_BUILD_TYPE = 'https://www.npmjs.com/package/pycontainer#provenance-v1';
/** Stands in place of a secret. */
export const KEPT_BACK = '***';

const Dependency = z.object({
  name: z.string().max(4096).optional(),
  uri: z.string().max(16_384).optional(),
  digest: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.unknown()).optional(),
});

const Definition = z.object({
  externalParameters: z.object({
    configuration: z.record(z.string(), z.unknown()),
    sourceDateEpoch: z.int().min(0).max(253_402_300_799).nullable(),
  }),
  internalParameters: z.object({
    pycontainer: z.string().max(100),
    images: z.array(z.object({ platform: z.string(), base: z.string() })).max(100),
  }),
  resolvedDependencies: z.array(Dependency).max(100_000),
});

/** What a build was made of. */
export type BuildDefinition = z.infer<typeof Definition>;
/** In-toto attestation framework, "ResourceDescriptor". */
export type RecordedDependency = z.infer<typeof Dependency>;

const Statement = z.object({
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })).min(1),
  predicateType: z.literal(SLSA_PROVENANCE),
  predicate: z.object({
    buildDefinition: z.looseObject({ buildType: z.literal(PROVENANCE_BUILD_TYPE) }),
  }),
});

/** Undefined for provenance of others, or about another image. */
export function readProvenance(payload: Uint8Array, subject: Digest): BuildDefinition | undefined {
  const statement = Statement.safeParse(parsed(payload));
  if (!statement.success) return undefined;
  if (!statement.data.subject.some(({ digest }) => digest.sha256 === hexOf(subject))) return undefined;
  const definition = Definition.safeParse(statement.data.predicate.buildDefinition);
  return definition.success ? definition.data : undefined;
}

/** Those of a kind, such as `lock`, as the annotation `kind` says. */
export function dependenciesOfKind(
  { resolvedDependencies }: BuildDefinition,
  kind: string,
): readonly RecordedDependency[] {
  return resolvedDependencies.filter(({ annotations }) => annotations?.kind === kind);
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
}
