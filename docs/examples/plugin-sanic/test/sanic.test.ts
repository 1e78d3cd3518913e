import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildInMemory, expectBuild } from 'pycontainer/testing';
import sanic from '../src/index.ts';

const wheels = [{ name: 'sanic', version: '25.3.0' }];
const APP = 'from sanic import Sanic\n\napp = Sanic("shop")\n';
const start = (target: string, ...more: string[]): string[] => [
  ...['python', '-m', 'sanic', target, ...more, '--host=0.0.0.0', '--port=8000', '--single-process'],
];

/** Projects, and how they start. */
const projects: readonly (readonly [what: string, files: Record<string, string>, command: string[]])[] = [
  ['an object in a module', { 'shop/server.py': APP }, start('shop.server:app')],
  [
    'an object by an alias and a subclass',
    {
      'shop/base.py': 'import sanic as s\n\nclass Shop(s.Sanic):\n    pass\n',
      'shop/server.py': 'from .base import Shop as Thing\n\nserver = Thing("shop")\nagain = server\n',
    },
    start('shop.server:server'),
  ],
  [
    'a function that makes it',
    { 'shop/server.py': 'from sanic import Sanic\n\ndef create_app() -> Sanic:\n    return Sanic("shop")\n' },
    start('shop.server:create_app', '--factory'),
  ],
  [
    'an object that a function makes, beside tests with another',
    {
      'shop/factory.py': 'from sanic import Sanic\n\ndef make():\n    return Sanic("shop")\n',
      'shop/server.py': 'from shop.factory import make\n\napp = make()\n',
      'tests/test_app.py': APP,
    },
    start('shop.server:app'),
  ],
  ['a src layout', { 'src/shop/server.py': APP }, start('shop.server:app')],
];

test('finds how an application starts', async () => {
  for (const [what, files, command] of projects) {
    const built = await buildInMemory({ files, wheels }, { preset: sanic() });
    assert.deepEqual(built.report.error, null, what);
    assert.deepEqual(built.image.entrypoint, command, what);
    assert.equal(built.image.env.PYTHONPATH, what === 'a src layout' ? '/app/src' : undefined);
    assert.deepEqual(built.image.ports, ['8000/tcp']);
  }
});

test('takes a port and a number of workers', async () => {
  const files = { 'server.py': APP };
  const built = await buildInMemory({ files, wheels }, { preset: sanic({ port: 9000, workers: 4 }) });
  assert.deepEqual(built.image.entrypoint.slice(-2), ['--port=9000', '--workers=4']);
});

test('guesses nothing: several are an error that names them, none as well', async () => {
  const two = { 'a.py': APP, 'b.py': APP };
  const unclear = await buildInMemory({ files: two, wheels }, { preset: sanic() });
  expectBuild(unclear).toFailWith('PYC_SANIC_AMBIGUOUS', /`a:app` \(a\.py:3\), `b:app` \(b\.py:3\)/);
  const chosen = await buildInMemory({ files: two, wheels }, { preset: sanic({ application: 'b:app' }) });
  expectBuild(chosen).toHaveCommand(start('b:app'));
  expectBuild(await buildInMemory({ wheels }, { preset: sanic() })).toFailWith('PYC_SANIC_NOT_FOUND');
});

test('says where a source cannot be read, unless that does not matter', async () => {
  const broken = 'from sanic import Sanic\napp = Sanic("shop"\n';
  const files = { 'server.py': APP, 'other.py': 'def (\n' };
  expectBuild(await buildInMemory({ files, wheels }, { preset: sanic() })).toBeBuilt();
  const built = await buildInMemory({ files: { ...files, 'main.py': broken }, wheels }, { preset: sanic() });
  expectBuild(built).toFailWith('PYC_SOURCE_UNREADABLE', /main\.py:2/);
});
