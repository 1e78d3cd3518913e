import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../plugins/create-pycontainer-plugin/create.js', import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pyc-create-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs it as npm does where nobody sits at a terminal. */
function create(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

function filesIn(name: string): Map<string, string> {
  const below = readdirSync(join(folder, name), { recursive: true, withFileTypes: true });
  return new Map(
    below
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(join(folder, name).length + 1), readFileSync(file, 'utf8')]),
  );
}

describe('npm create pycontainer-plugin', () => {
  it.each(['shape', 'wheels', 'destination', 'preset'])('makes a package of the kind %s', async (kind) => {
    const { code, stdout } = await create(`my-${kind}`, '--kind', kind);
    expect(code).toBe(0);
    expect(stdout).toContain(`cd my-${kind}`);
    const files = filesIn(`my-${kind}`);
    expect([...files.keys()].sort()).toEqual([
      '.gitignore',
      'README.md',
      'package.json',
      'src/index.ts',
      'test/plugin.test.ts',
      'tsconfig.json',
    ]);
    expect(JSON.parse(files.get('package.json')!)).toMatchObject({ name: `my-${kind}` });
    expect([...files.values()].join('\n')).not.toContain('pycontainer-plugin-example');
    expect(files.get('src/index.ts')).toContain(`'my-${kind}'`);
  });

  it('takes a folder by its path, a package by its scope, and the folder that it stands in', async () => {
    expect((await create('deep/down/labels')).code).toBe(0);
    expect((await create('@acme/labels', '--yes')).code).toBe(0);
    const empty = join(folder, 'here');
    mkdirSync(join(empty, '.git'), { recursive: true });
    expect((await create('./here')).code).toBe(0);
    const named = ['deep/down/labels', 'labels', 'here'].map((name) => {
      const { name: found } = JSON.parse(filesIn(name).get('package.json')!) as { name: string };
      return found;
    });
    expect(named).toEqual(['labels', '@acme/labels', 'here']);
  });

  it('changes nothing that is there, and makes nothing of what it does not understand', async () => {
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'full/notes.txt'), 'mine');
    writeFileSync(join(folder, 'file'), '');
    const refused = [
      ['full'],
      ['file'],
      ['Not A Name'],
      ['new', '--kind', 'other'],
      ['new', 'more'],
      ['new', '--what'],
      [],
    ];
    const codes = await Promise.all(refused.map(async (args) => (await create(...args)).code));
    expect(codes).toEqual(refused.map(() => 2));
    expect(readdirSync(join(folder, 'full'))).toEqual(['notes.txt']);
    expect(existsSync(join(folder, 'new'))).toBe(false);
    expect(existsSync(join(folder, 'Not A Name'))).toBe(false);
  });

  it('says how it is used', async () => {
    const { code, stdout } = await create('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--kind');
  });
});
