/** What the SBOM and the report say of an installed distribution; and which of its files run when Python starts. */
import type { Digest } from '../../primitives/digest.ts';
import type { ComponentFacts, PartRecord } from '../../primitives/file-tree.ts';
import { baseName, type TreePath } from '../../primitives/path.ts';
import type { Metadata } from '../metadata.ts';
import { normalizeName } from '../name.ts';
import type { InstallScheme } from './scheme.ts';

const REQUIREMENT_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?/;
/** Letters of one text, and requirements: what is longer is no name, and no list of this world. */
const MAX_TEXT = 2000;
const MAX_REQUIREMENTS = 2000;
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
  const requirements = metadata.requiresDist
    .filter((text) => text.length <= MAX_TEXT)
    .slice(0, MAX_REQUIREMENTS);
  const [summary, homepage, author] = [metadata.summary, metadata.homepage, metadata.author].map(bounded);
  return {
    kind: 'python',
    name: metadata.normalizedName,
    version: metadata.version.toString(),
    ...(license === undefined ? {} : { license }),
    ...(summary === undefined ? {} : { summary }),
    ...(homepage === undefined ? {} : { homepage }),
    ...(author === undefined ? {} : { author }),
    requires: [...requires].sort().slice(0, MAX_REQUIREMENTS),
    ...(requirements.length === 0 ? {} : { requirements }),
    ...(digest === undefined ? {} : { digest }),
    ...(url === undefined ? {} : { url }),
  };
}

/** The expression, else what the licence field says in one line, else the classifiers' names, else the licence's text. */
function licenseOf({ licenseExpression, license, classifiers }: Metadata): string | undefined {
  if (licenseExpression !== undefined) return bounded(licenseExpression);
  if (license !== undefined && license.length <= MAX_TEXT && !license.includes('\n')) return license;
  const classified = classifiers.flatMap((classifier) => LICENSE_CLASSIFIER.exec(classifier)?.[1] ?? []);
  return bounded(classified.length === 0 ? license : classified.join(', '));
}

function bounded(text: string | undefined): string | undefined {
  return text?.slice(0, MAX_TEXT);
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
