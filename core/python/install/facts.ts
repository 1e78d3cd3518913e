/** What the SBOM and the report say of an installed distribution; and which of its files run when Python starts. */
import type { Digest } from '../../primitives/digest.ts';
import type { ComponentFacts, PartRecord } from '../../primitives/file-tree.ts';
import { baseName, type TreePath } from '../../primitives/path.ts';
import type { Metadata } from '../metadata.ts';
import { normalizeName } from '../name.ts';
import type { InstallScheme } from './scheme.ts';

const REQUIREMENT_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?/;
const LICENSE_CLASSIFIER = /^License :: (?:OSI Approved :: )?(?!OSI Approved$)(.+)$/;

/**
 * The facts of a distribution's METADATA. `requires` has every distribution that it may need, whatever the marker or the
 * extra: what of them is there is for the reader to see.
 */
export function factsOf(
  metadata: Metadata,
  digest: Digest | undefined,
  url: string | undefined,
): ComponentFacts {
  const license = licenseOf(metadata);
  const requires = new Set(
    metadata.requiresDist.map((text) => normalizeName(REQUIREMENT_NAME.exec(text)?.[0] ?? '')),
  );
  requires.delete('');
  const { summary, homepage, author } = metadata;
  return {
    kind: 'python',
    name: metadata.normalizedName,
    version: metadata.version.toString(),
    ...(license === undefined ? {} : { license }),
    ...(summary === undefined ? {} : { summary }),
    ...(homepage === undefined ? {} : { homepage }),
    ...(author === undefined ? {} : { author }),
    requires: [...requires].sort(),
    ...(digest === undefined ? {} : { digest }),
    ...(url === undefined ? {} : { url }),
  };
}

/** The expression, else what the licence field says, else the classifiers' names. */
function licenseOf({ licenseExpression, license, classifiers }: Metadata): string | undefined {
  const classified = classifiers.flatMap((classifier) => LICENSE_CLASSIFIER.exec(classifier)?.[1] ?? []);
  return licenseExpression ?? license ?? (classified.length === 0 ? undefined : classified.join(', '));
}

/**
 * Files that Python runs whenever it starts: `.pth` files, which may hold code, and the site customisations. They are
 * allowed, and worth a warning.
 */
export function startupFilesOf(
  record: PartRecord,
  { sitePackages }: Pick<InstallScheme, 'sitePackages'>,
): TreePath[] {
  return record.entries
    .filter(({ path, type }) => type === 'file' && path === `${sitePackages}/${baseName(path)}`)
    .filter(({ path }) => path.endsWith('.pth') || /^(?:site|user)customize\.py$/.test(baseName(path)))
    .map(({ path }) => path);
}
