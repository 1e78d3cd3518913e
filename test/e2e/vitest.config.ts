import { defineConfig } from 'vitest/config';

/** The matrices of `run.sh --full`. */
const MATRICES = 'test/e2e/full/**';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    pool: 'forks',
    include: ['test/e2e/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(process.env.PYC_E2E_FULL ? [] : [MATRICES])],
    // Engines, the network and two processors are shared.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    env: { PIP_FIND_LINKS: '' },
  },
});
