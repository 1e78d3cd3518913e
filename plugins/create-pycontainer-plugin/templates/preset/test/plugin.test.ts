import { test } from 'node:test';
import { buildInMemory, expectBuild } from 'pycontainer/testing';
import preset from '../src/index.ts';

const wheels = [{ name: 'aiohttp', version: '3.13.0' }];
const SERVER = `from aiohttp import web as w

if __name__ == "__main__":
    w.run_app(w.Application())
`;

test('starts the module that runs an application', async () => {
  const files = { 'shop/server.py': SERVER };
  const built = await buildInMemory({ files, wheels }, { preset });
  expectBuild(built).toBeBuilt();
  expectBuild(built).toHaveCommand(['python', '-m', 'shop.server']);
});

test('guesses nothing', async () => {
  const files = { 'shop/server.py': SERVER, 'shop/other.py': SERVER };
  const built = await buildInMemory({ files, wheels }, { preset });
  expectBuild(built).toFailWith('PYC_EXAMPLE_START_UNCLEAR');
});
