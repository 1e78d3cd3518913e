import { describe, expect, it } from 'vitest';
import {
  classesOf,
  createSourceTree,
  resolveObject,
  type SourceTree,
} from '../../../core/python/source/index.ts';

function treeOf(files: Record<string, string>): SourceTree {
  return createSourceTree({ paths: Object.keys(files), read: async (path) => files[path]! });
}

async function lead(files: Record<string, string>, module: string, name: string): Promise<string> {
  const tree = treeOf(files);
  const found = await resolveObject(tree, module, name);
  if (found === undefined) return 'unknown';
  if (found.kind === 'module') return `module ${found.module}`;
  if (found.kind === 'external') return `external ${found.name}`;
  const classes = await classesOf(tree, found);
  return `${found.path}:${found.statement.line} ${found.name}${classes.length > 0 ? ` = ${classes.join(' < ')}` : ''}`;
}

describe('names through modules', () => {
  const shop = {
    'src/shop/__init__.py': 'from .web import application as app\nfrom .lib import *\n',
    'src/shop/web/__init__.py': 'from shop.web.core import application\n',
    'src/shop/web/core.py': 'import fastapi\n\napplication = fastapi.FastAPI()\n',
    'src/shop/lib.py': 'from fastapi import FastAPI as Base\nclass API(Base):\n    pass\n_hidden = 1\n',
    'src/shop/main.py': 'from shop import app\nfrom . import lib\nserver = app\nown = lib.API()\n',
    'src/shop/loop.py': 'from .pool import x\nfrom .pool import y as z\n',
    'src/shop/pool.py': 'from .loop import x\n',
    'tools/run.py': 'import shop.main as m\napp = m.server\n',
  };

  it('follows aliases, re-exports, packages, stars and a src layout', async () => {
    expect(await lead(shop, 'shop.main', 'server')).toBe(
      'src/shop/web/core.py:3 application = fastapi.FastAPI',
    );
    expect(await lead(shop, 'shop', 'app')).toBe('src/shop/web/core.py:3 application = fastapi.FastAPI');
    expect(await lead(shop, 'tools.run', 'app')).toBe('src/shop/web/core.py:3 application = fastapi.FastAPI');
    expect(await lead(shop, 'shop.main', 'own')).toBe(
      'src/shop/main.py:4 own = shop.lib.API < fastapi.FastAPI',
    );
    expect(await lead(shop, 'shop', 'API')).toBe('src/shop/lib.py:2 API');
    expect(await lead(shop, 'shop', 'web.core.application')).toBe(
      'src/shop/web/core.py:3 application = fastapi.FastAPI',
    );
  });

  it('says so where a name ends outside, in a module, in a circle or nowhere', async () => {
    expect(await lead(shop, 'shop.lib', 'Base')).toBe('external fastapi.FastAPI');
    expect(await lead(shop, 'shop.web.core', 'fastapi.FastAPI')).toBe('external fastapi.FastAPI');
    expect(await lead(shop, 'shop', 'web')).toBe('module shop.web');
    expect(await lead(shop, 'shop.loop', 'x')).toBe('unknown');
    expect(await lead(shop, 'shop.loop', 'z')).toBe('unknown');
    expect(await lead(shop, 'shop.main', 'missing')).toBe('unknown');
  });

  it('knows the results of factories by annotation and by what they return', async () => {
    const files = {
      'a.py': `from fastapi import FastAPI
from b import build
def annotated() -> "FastAPI": ...
def plain(settings=None):
    app = FastAPI()
    if settings:
        return app
    return None
def local():
    from fastapi import FastAPI as F
    return F()
app = build()
other = plain()
stated: FastAPI = something()
neither = open("x")
async def later() -> FastAPI: ...
wrong = later()
`,
      'b.py': 'import a\nbuild = a.local\n',
    };
    const names = ['annotated', 'plain', 'local', 'app', 'other', 'stated', 'neither', 'wrong'];
    const found = await Promise.all(names.map((name) => lead(files, 'a', name)));
    expect(found).toEqual([
      'a.py:3 annotated = fastapi.FastAPI',
      'a.py:4 plain = fastapi.FastAPI',
      'a.py:9 local = fastapi.FastAPI',
      'a.py:12 app = fastapi.FastAPI',
      'a.py:13 other = fastapi.FastAPI',
      'a.py:14 stated = fastapi.FastAPI',
      'a.py:15 neither',
      'a.py:17 wrong',
    ]);
  });

  it('takes `src` for a package where it says that it is one', () => {
    expect(treeOf({ 'src/__init__.py': '', 'src/main.py': '' }).moduleOf('src/main.py')).toBe('src.main');
    expect(treeOf({ 'src/main.py': '' }).moduleOf('src/main.py')).toBe('main');
    expect(treeOf({ 'my-tool/run.py': '' }).moduleOf('my-tool/run.py')).toBeUndefined();
  });
});
