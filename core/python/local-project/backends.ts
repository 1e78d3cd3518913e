/** The table of backends whose rules are known, and the versions that they were checked against. */
import type { BackendRules } from './backend.ts';
import { planFlit } from './flit/index.ts';
import { planHatchling } from './hatchling/index.ts';
import { planPdm } from './pdm/index.ts';
import { planPoetry } from './poetry/index.ts';
import { planSetuptools } from './setuptools/index.ts';
import { planUvBuild } from './uv-build/index.ts';

export interface KnownBackend {
  /** As it calls itself in WHEEL. */
  readonly name: string;
  /** Normalised name of its distribution. */
  readonly requirement: string;
  /** What `build-backend` may say. */
  readonly objects: readonly string[];
  /** The first that the build requirements admit is followed, so that a newer one which is learnt changes no image. */
  readonly versions: readonly string[];
  /** Further build requirements that change nothing. */
  readonly harmless: readonly string[];
  readonly rules: BackendRules;
}

export const BACKENDS: readonly KnownBackend[] = [
  {
    name: 'hatchling',
    requirement: 'hatchling',
    objects: ['hatchling.build'],
    versions: ['1.32.4', '1.33.0'],
    harmless: [],
    rules: planHatchling,
  },
  {
    name: 'flit',
    requirement: 'flit-core',
    objects: ['flit_core.buildapi'],
    versions: ['4.1.0', '4.2.0', '3.12.0'],
    harmless: [],
    rules: planFlit,
  },
  {
    name: 'pdm-backend',
    requirement: 'pdm-backend',
    objects: ['pdm.backend'],
    versions: ['2.5.0'],
    harmless: [],
    rules: planPdm,
  },
  {
    name: 'uv_build',
    requirement: 'uv-build',
    objects: ['uv_build'],
    versions: ['0.13.6', '0.12.24', '0.11.33', '0.10.12', '0.9.30', '0.8.24', '0.7.22'],
    harmless: [],
    rules: planUvBuild,
  },
  {
    name: 'setuptools',
    requirement: 'setuptools',
    objects: ['setuptools.build_meta', 'setuptools.build_meta:__legacy__'],
    versions: ['84.0.0', '84.2.1'],
    harmless: ['wheel'],
    rules: planSetuptools,
  },
  {
    name: 'poetry-core',
    requirement: 'poetry-core',
    objects: ['poetry.core.masonry.api'],
    versions: ['2.5.0'],
    harmless: [],
    rules: planPoetry,
  },
];
