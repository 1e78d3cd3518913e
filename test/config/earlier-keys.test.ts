import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConfigFault } from '../../core/config/errors.ts';
import type { Warning } from '../../core/primitives/log.ts';
import { failure, folderOf, load } from './project-folder.ts';

const QUIET = 'preset = false\n';

/** `path @ origin`. */
function listed(details: readonly unknown[] | undefined): string[] {
  return ((details ?? []) as readonly ConfigFault[]).map(({ path, origin }) => `${path} @ ${origin}`).sort();
}

describe('the keys of the earlier program', () => {
  it('are read in [tool.pycontainer], as its plugins read them', async () => {
    const folder = folderOf({
      'pyproject.toml': `[tool.pycontainer]
tag = "myapp:latest"
base_image = "python:3.11-slim"
registry = "ghcr.io/user/myapp"
push = false
include_deps = true
sbom = "cyclonedx"
verbose = false
dry_run = false
no_cache = false
preset = false
[tool.pycontainer.env]
PORT = "8080"
[tool.pycontainer.labels]
maintainer = "team@example.com"
org.opencontainers.image.source = "https://github.com/user/repo"
`,
    });
    const warnings: Warning[] = [];
    const [config] = await load(folder, { warn: (warning) => warnings.push(warning) });
    expect(config).toMatchObject({
      tags: ['myapp:latest'],
      base: 'python:3.11-slim',
      registry: 'ghcr.io/user/myapp',
      push: false,
      dependencies: true,
      sbom: 'cyclonedx',
      env: { PORT: '8080' },
      labels: {
        maintainer: 'team@example.com',
        'org.opencontainers.image.source': 'https://github.com/user/repo',
      },
    });
    expect(config?.origins).toMatchObject({ base: 'pyproject.toml', tags: 'pyproject.toml' });
    expect(warnings).toEqual([]);
  });

  it('are read in [build] of pycontainer.toml, with underscores or hyphens', async () => {
    const folder = folderOf({
      'pycontainer.toml': `${QUIET}[build]
base-image = "python:3.12-slim"
include_deps = false
workdir = "/srv"
entrypoint = ["python", "-m", "myapp"]
exposed_ports = [8080]
platform = "linux/arm64"
output_dir = "dist/image"
requirements_file = "requirements.txt"
[build.env]
ENV = "production"
[registry]
url = "ghcr.io/myorg/myapp"
`,
    });
    const [config] = await load(folder);
    expect(config).toMatchObject({
      base: 'python:3.12-slim',
      dependencies: false,
      workdir: '/srv',
      entrypoint: ['python', '-m', 'myapp'],
      ports: [8080],
      platforms: ['linux/arm64'],
      outputs: [`layout:${join(folder, 'dist/image')}`],
      env: { ENV: 'production' },
      registry: 'ghcr.io/myorg/myapp',
    });
  });

  it('are faulted under the names that the file has for them', async () => {
    const error = await failure(
      folderOf({
        'pycontainer.toml': `${QUIET}base = "a"\nbase_image = "b"\ntag = 3\n[build]\ninclude_deps = "yes"\ndry_run = true\ninclude_paths = ["src"]\nworkdir = "app"\n`,
      }),
    );
    expect(listed(error.details)).toEqual(
      [
        'base_image',
        'build.dry_run',
        'build.include_deps',
        'build.include_paths',
        'build.workdir',
        'tag',
      ].map((path) => `${path} @ pycontainer.toml`),
    );
  });

  it('that are about one run are left out with a warning', async () => {
    const warnings: Warning[] = [];
    await load(
      folderOf({
        'pycontainer.toml': `${QUIET}verbose = true\ncache_dir = "c"\nreproducible = true\nsbom = "spdx"\n`,
      }),
      { warn: (warning) => warnings.push(warning) },
    );
    expect(warnings.map(({ code }) => code)).toEqual(['PYC_CONFIG_KEY_IGNORED', 'PYC_CONFIG_KEY_IGNORED']);
  });

  it('are no keys of a module or of JSON', async () => {
    const error = await failure(folderOf({ 'pycontainer.config.json': '{"base_image":"x"}' }));
    expect(listed(error.details)).toEqual(['base_image @ pycontainer.config.json']);
  });
});
