/** How backends that use PyPA's `packaging` print requirements, specifiers and markers. */
import { Marker } from '../marker.ts';
import { normalizeName } from '../name.ts';
import { Requirement } from '../requirement.ts';
import { SpecifierSet } from '../specifier.ts';
import { Version } from '../version.ts';

/** @throws RequirementError for what is none */
export function requirementOf(text: string): Requirement {
  return Requirement.parse(text);
}

/** @throws SpecifierError for what is no list of them */
export function specifierText(text: string): string {
  return SpecifierSet.parse(text).toString();
}

/** @throws VersionError for what is none */
export function versionText(text: string): string {
  return Version.parse(text.trim()).toString();
}

/** A requirement that holds where an extra is asked for: the marker comes last, a disjunction before it in parentheses. */
export function withExtra(requirement: Requirement, extra: string): Requirement {
  return withMarker(
    requirement,
    joinedMarker(requirement.marker, `extra == "${extra}"`, (marker) => marker.expression.kind === 'or'),
  );
}

/** The same with parentheses around any marker but a single comparison. */
export function joinedMarker(
  marker: Marker | undefined,
  condition: string,
  parenthesise: (marker: Marker) => boolean,
): Marker {
  if (marker === undefined) return Marker.parse(condition);
  return Marker.parse(parenthesise(marker) ? `(${marker}) and ${condition}` : `${marker} and ${condition}`);
}

export function withMarker(requirement: Requirement, marker: Marker | undefined): Requirement {
  const { name, extras, specifier, url } = requirement;
  return Requirement.from({ name, extras, specifier, url, marker });
}

/** With names of project and extras in their normalised form. */
export function normalizedRequirement({ name, extras, specifier, url, marker }: Requirement): Requirement {
  return Requirement.from({
    name: normalizeName(name),
    extras: extras.map(normalizeName),
    specifier,
    url,
    marker,
  });
}
