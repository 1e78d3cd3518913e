import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type WalkOptions, walkSources } from '../../../core/pipeline/sources/index.ts';
import { silentLog } from '../../../core/primitives/log.ts';
import { type Made, projectFolder } from './project-folder.ts';

const paths = async (files: Record<string, Made>, options?: WalkOptions): Promise<string[]> =>
  (await walkSources(projectFolder(files), options)).map(({ path }) => path);

const named = (list: string): Record<string, string> =>
  Object.fromEntries(list.split(' ').map((path) => [path, '']));

describe('what is left out unasked', () => {
  it('leaves out caches, environments, products and what steers tools', async () => {
    const kept = 'README.md app/build/rules.py app/main.py pyproject.toml web/dist/site.js';
    const left =
      '.git/config .venv/bin/python venv/x env/pyvenv.cfg env/lib/a.py app/__pycache__/main.pyc node_modules/a/b.js build/lib/a.py ' +
      'dist/a.whl out/oci-layout out/index.json store/CACHEDIR.TAG store/blobs/x db.sqlite3 .mypy_cache/x .DS_Store shop.egg-info/PKG-INFO .dockerignore .github/w.yml ' +
      'pycontainer.config.ts pycontainer.lock uv.lock media/upload.png celerybeat-schedule Dockerfile .gitignore .env.example';
    expect(await paths(named(`${kept} ${left}`))).toEqual(kept.split(' '));
  });

  it('never takes the outputs of the build itself', async () => {
    const files = named('a.py images/x.txt images/sub/y');
    const directory = projectFolder(files);
    const found = await walkSources(directory, {
      never: [join(directory, 'images'), '/elsewhere', directory],
    });
    expect(found.map(({ path }) => path)).toEqual(['a.py']);
  });
});

describe('secrets', () => {
  const secrets =
    '.env .env.production conf/server.KEY conf/tls.pem id_rsa .git/config home/.ssh/config .netrc .pypirc';

  it('are also passwords in addresses of indexes, which are told', async () => {
    const files = {
      'a.py': 'URL = "https://me:secret@example.com/"',
      'pyproject.toml': '[[tool.uv.index]]\nurl = "https://me:secret@example.com/simple"\n',
      'requirements/base.txt': '-i https://$USER:$TOKEN@example.com/simple\n',
      'requirements.txt': 'a @ git+https://x:token@example.com/a.git\n',
      Pipfile: 'url = "https://me@example.com/simple"\n',
    };
    const codes: (string | undefined)[] = [];
    const log = { ...silentLog, warn: ({ code }: { code?: string }) => void codes.push(code) };
    expect(await paths(files, { log })).toEqual(['Pipfile', 'a.py', 'requirements/base.txt']);
    expect(codes).toEqual(['PYC_SOURCE_PASSWORD', 'PYC_SOURCE_PASSWORD']);
    const stated = { include: ['requirements.txt', 'pyproject.toml'] };
    expect(await paths(files, stated)).toEqual(Object.keys(files).sort());
  });

  it('are not taken in by any pattern', async () => {
    const open = { '.dockerignore': '!**\n!.env\n', '.pycignore': '!.env\n!*.pem\n!.git/\n' };
    const options = { include: ['**', '*.pem', '.env*', 'conf/*', '.git', 'home/'], exclude: ['!.env'] };
    expect(await paths({ ...named(`a.py id_rsa.pub ${secrets}`), ...open }, options)).toEqual([
      '.dockerignore',
      '.pycignore',
      'a.py',
      'id_rsa.pub',
    ]);
  });

  it('are taken in by their exact path', async () => {
    const include = ['.env', './conf/tls.pem', 'home/.ssh/config'];
    expect(await paths(named(`a.py ${secrets}`), { include })).toEqual([
      '.env',
      'a.py',
      'conf/tls.pem',
      'home/.ssh/config',
    ]);
  });

  it('examples of them are, by a pattern', async () => {
    expect(await paths({ ...named('.env .env.example'), '.pycignore': '!.env*\n' })).toEqual([
      '.env.example',
    ]);
  });
});

describe('the order of rules', () => {
  it('lets the later kind of rule decide', async () => {
    const files = named('a.log b.log c.log d.log e.log f.log dist/keep.txt');
    const rules = {
      '.gitignore': '*.log\n!/f.log\n',
      '.dockerignore': '!a.log\n!b.log\n!c.log\n!dist\nf.log\n',
      '.pycignore': 'b.log\n!d.log\n!f.log\n',
    };
    expect(
      await paths({ ...files, ...rules }, { exclude: ['c.log', 'a.*'], include: ['c.log', 'e.log'] }),
    ).toEqual(['c.log', 'd.log', 'dist/keep.txt', 'e.log', 'f.log']);
  });

  it('looks into a folder that is left out where a later rule names something in it', async () => {
    const files = named(
      'build/a/keep.txt build/a/other.txt build/b/keep.txt .venv/lib/x.py data/x.csv data/y.csv',
    );
    expect(
      await paths(
        { ...files, '.pycignore': 'data/\n' },
        { include: ['build/a/keep.txt', 'data/y.*', '*.py'] },
      ),
    ).toEqual(['build/a/keep.txt', 'data/y.csv']);
    expect(await paths({ ...files, '.pycignore': '!/build/a/\n' })).toEqual([
      'build/a/keep.txt',
      'build/a/other.txt',
      'data/x.csv',
      'data/y.csv',
    ]);
  });

  it('reads .dockerignore as Docker does', async () => {
    const files = named('a.txt sub/a.txt sub/deep/b.py lib/c.py docs/x.md docs/README.md .venv/z.py');
    const from = async (text: string): Promise<string[]> => paths({ ...files, '.dockerignore': text });
    expect(await from('a.txt\n/docs\n!docs/README.md\n# lib\n')).toEqual([
      'docs/README.md',
      'lib/c.py',
      'sub/a.txt',
      'sub/deep/b.py',
    ]);
    expect(await from('*\n!**/*.py\n')).toEqual(['lib/c.py', 'sub/deep/b.py']);
    expect(await from('**\n!sub\nsub/deep\n')).toEqual(['sub/a.txt']);
    await expect(from('x[z-a]\n')).rejects.toMatchObject({ code: 'PYC_IGNORE_RULE_INVALID' });
  });

  it('reads nested .gitignore files and those above the project', async () => {
    const outer = projectFolder({
      '.gitignore': '*.tmp\n/services/shop/local/\n/other\n',
      '.git/info/exclude': 'private.txt\n',
      'services/.gitignore': '!keep.tmp\n',
      ...named(
        'services/shop/a.py services/shop/x.tmp services/shop/keep.tmp services/shop/local/y services/shop/private.txt',
      ),
      'services/shop/sub/.gitignore': '/only-here.py\n!x.tmp\n',
      ...named(
        'services/shop/sub/only-here.py services/shop/sub/x.tmp services/shop/only-here.py other/project.py',
      ),
    });
    const list = async (folder: string): Promise<string[]> =>
      (await walkSources(join(outer, folder))).map(({ path }) => path);
    expect(await list('services/shop')).toEqual(['a.py', 'keep.tmp', 'only-here.py', 'sub/x.tmp']);
    // The work tree ignores the project as a whole, which says nothing of what belongs to it.
    expect(await list('other')).toEqual(['project.py']);
  });
});

it('passes over pipes with a warning and reports folders that cannot be read', async () => {
  const directory = projectFolder(named('a.py'));
  execFileSync('mkfifo', [join(directory, 'pipe')]);
  const warnings: string[] = [];
  const found = await walkSources(directory, {
    log: { ...silentLog, warn: ({ code }) => warnings.push(code) },
  });
  expect([found.map(({ path }) => path), warnings]).toEqual([['a.py'], ['PYC_SOURCE_SPECIAL_FILE']]);
  await expect(walkSources(join(directory, 'missing'))).rejects.toMatchObject({
    code: 'PYC_SOURCE_FILE_UNREADABLE',
  });
});
