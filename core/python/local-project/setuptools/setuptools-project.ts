/** What setuptools knows of a project, wherever it was stated. Shapes alone. */
import type { DeclaredProject, TextPairs } from '../declared-project.ts';

/** Undefined members are not stated. */
export interface SetuptoolsProject {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly summary: string | undefined;
  readonly homePage: string | undefined;
  readonly downloadUrl: string | undefined;
  readonly author: string | undefined;
  readonly authorEmail: string | undefined;
  readonly maintainer: string | undefined;
  readonly maintainerEmail: string | undefined;
  readonly license: { readonly expression: string } | { readonly text: string } | undefined;
  /** Patterns. */
  readonly licenseFiles: readonly string[] | undefined;
  readonly urls: TextPairs | undefined;
  readonly keywords: readonly string[] | undefined;
  readonly platforms: readonly string[] | undefined;
  readonly classifiers: readonly string[] | undefined;
  readonly requiresPython: string | undefined;
  readonly readme: { readonly text: string; readonly contentType: string | undefined } | undefined;
  readonly dependencies: readonly string[] | undefined;
  readonly extras: DeclaredProject['optionalDependencies'];
  /** Scripts among them. */
  readonly entryPoints: DeclaredProject['entryPoints'];
}
