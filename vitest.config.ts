import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    conditions: ['source'],
    // Examples and templates of plugins are packages of their own, where `pycontainer` is what npm installs. Their tests
    // run under Node's own runner there, and here with all others.
    alias: [
      { find: /^pycontainer$/, replacement: here('core/index.ts') },
      { find: /^pycontainer\/(python|oci|registry|testing)$/, replacement: here('core/$1/index.ts') },
      { find: /^node:test$/, replacement: here('test/docs/node-test.ts') },
    ],
  },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    pool: 'forks',
    // By default a core is left free, which on two of them halves the speed.
    maxWorkers: '100%',
    include: [
      'test/**/*.test.ts',
      'docs/examples/plugin-*/test/*.test.ts',
      'plugins/create-pycontainer-plugin/templates/*/test/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', 'test/e2e/**'],
    testTimeout: 20_000,
    // The host's own package-index settings would leak into the tests of indexes.
    env: { PIP_FIND_LINKS: '', TZ: 'UTC' },
  },
});
