/** What the user can say of the SBOM: as options of the plugin, or in short by `sbom` in the configuration. */
import type { ResolvedConfig, StandardSchema } from 'pycontainer';

/** CycloneDX 1.6, CycloneDX 1.7 and SPDX 2.3, all as JSON. */
export const FORMATS = ['cyclonedx', 'cyclonedx-1.7', 'spdx'] as const;
export type Format = (typeof FORMATS)[number];

/** As `['sbom', { formats: ['spdx'] }]` in a configuration. */
export interface SbomOptions {
  /** Documents to attach; default `cyclonedx`. */
  readonly formats?: readonly Format[] | undefined;
  /** `listed` also reads what is in a base that lies in a registry, for which its layers are transferred. Default `named`. */
  readonly base?: 'named' | 'listed' | undefined;
}

/** A Standard Schema. Every build loads it, so that it is written out: zod takes longer to load than an SBOM to make. */
export const sbomOptions: StandardSchema<SbomOptions | undefined, SbomOptions> = {
  '~standard': {
    version: 1,
    vendor: 'pycontainer',
    validate(value) {
      if (value === undefined) return { value: {} };
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return { issues: [{ message: 'must be a table' }] };
      const { formats, base, ...others } = value as Readonly<Record<string, unknown>>;
      const issues = Object.keys(others).map((key) => ({ message: 'is no option of `sbom`', path: [key] }));
      if (formats !== undefined && !isFormats(formats)) {
        const message = `must be a list of ${FORMATS.map((format) => `\`${format}\``).join(', ')}`;
        issues.push({ message, path: ['formats'] });
      }
      if (base !== undefined && base !== 'named' && base !== 'listed')
        issues.push({ message: 'must be `named` or `listed`', path: ['base'] });
      return issues.length > 0 ? { issues } : { value: { formats, base } as SbomOptions };
    },
  },
};

function isFormats(value: unknown): value is readonly Format[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => (FORMATS as readonly unknown[]).includes(one))
  );
}

export interface SbomSettings {
  /** Each once. */
  readonly formats: readonly [Format, ...Format[]];
  readonly listsBase: boolean;
  /** False: documents are made for outputs that ask for them, and attached to nothing. */
  readonly attaches: boolean;
}

/** The options go before the configuration's short form. */
export function settingsOf(
  options: SbomOptions,
  { sbom = true }: Pick<ResolvedConfig, 'sbom'>,
): SbomSettings {
  const words: readonly string[] = typeof sbom === 'boolean' ? [] : typeof sbom === 'string' ? [sbom] : sbom;
  const [first = 'cyclonedx', ...others] = new Set(
    options.formats ?? FORMATS.filter((format) => words.includes(format)),
  );
  const listed = options.base === undefined ? words.includes('with-base') : options.base === 'listed';
  return { formats: [first, ...others], listsBase: listed, attaches: sbom !== false };
}
