/** SBOMs, held against the validators of their formats, pip's list and dpkg's of the same images. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exampleImage } from './harness/images.ts';
import { run } from './harness/processes.ts';
import { build, pyc } from './harness/pyc.ts';
import { copyExample, type Example, newFolder, PEERS } from './harness/workspace.ts';

const EXAMPLES: readonly Example[] = ['fastapi', 'django', 'script'];
const PYTHON = join(PEERS, 'sbom-validators/bin/python');
const VALIDATE = `
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
for path in sys.argv[1:]:
    text = open(path).read()
    version = json.loads(text).get('specVersion')
    if version:
        fault = JsonStrictValidator(SchemaVersion['V' + version.replace('.', '_')]).validate_str(text)
        if fault: print(path, fault)
    else:
        for fault in validate_full_spdx_document(parse_file(path)): print(path, fault.validation_message)
`;

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
}

describe.each(EXAMPLES)('the SBOM of docs/examples/%s', (example) => {
  test('lists what pip and dpkg list, and claims every file of our layers', async () => {
    const { layout } = await exampleImage(example);
    const printed = await pyc(['sbom', `layout:${layout}`]);
    expect(printed.code).toBe(0);
    const { components } = JSON.parse(printed.stdout) as { components: readonly Component[] };
    const listed = (kind: string): string[] =>
      components
        .filter(({ purl }) => purl?.startsWith(`pkg:${kind}/`))
        .map(({ name, version }) => `${name} ${version}`)
        .sort();
    const root = join(newFolder('bundle'), 'out');
    await run(['umoci', 'unpack', '--keep-dirlinks', '--image', `${layout}:latest`, root]);
    const lib = join(root, 'rootfs/opt/venv/lib');
    const site = join(lib, readdirSync(lib)[0]!, 'site-packages');
    const pip = JSON.parse(
      await run([
        PYTHON,
        '-m',
        'pip',
        'list',
        '--path',
        site,
        '--format',
        'json',
        '--disable-pip-version-check',
      ]),
    ) as Component[];
    const normal = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');
    expect(listed('pypi')).toEqual(pip.map(({ name, version }) => `${normal(name)} ${version}`).sort());
    expect(listed('deb')).toEqual(await packagesByDpkg(join(root, 'rootfs')));
    const audited = await pyc(['sbom', '--audit', `layout:${layout}`]);
    expect([audited.code, audited.stdout]).toEqual([0, '']);
  });
});

test('documents of all formats pass their own validators, those of an index too', async () => {
  const folder = newFolder('sbom');
  const files = ['cyclonedx', 'cyclonedx-1.7', 'spdx'].map((format) => ({
    format,
    file: join(folder, `${format}.json`),
  }));
  const project = copyExample('fastapi');
  const args = [project, '--base', 'apt:trixie', '--platform', 'linux/amd64,linux/arm64'];
  for (const { format, file } of files) {
    const { code } = await pyc(['sbom', ...args, '--format', format, '--output', file]);
    expect(code).toBe(0);
  }
  const beside = join(folder, 'beside.spdx.json');
  const single = await build([project, '--base', 'apt:trixie', '--output', `sbom:${beside}`]);
  expect(single.report.attachments).toHaveLength(1);
  expect(await run([PYTHON, '-c', VALIDATE, ...files.map(({ file }) => file), beside])).toBe('');
});

/** dpkg's own reading of `status.d`, which is a paragraph a file of what it keeps in one. */
async function packagesByDpkg(root: string): Promise<string[]> {
  const database = join(root, 'var/lib/dpkg/status.d');
  const stated = readdirSync(database)
    .filter((name) => !name.includes('.md5sums'))
    .map((name) => `${readFileSync(join(database, name), 'utf8').trimEnd()}\n`);
  const own = newFolder('dpkg');
  for (const folder of ['info', 'updates']) mkdirSync(join(own, folder));
  writeFileSync(join(own, 'status'), stated.join('\n'));
  const text = await run(['dpkg-query', `--admindir=${own}`, '-W']);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(/(?::[a-z0-9]+)?\t/, ' '))
    .sort();
}
