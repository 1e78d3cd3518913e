/** What tests of the plugins in `docs/examples` use of Node's runner, as vitest has it: they run under either. */
export { afterAll as after, afterEach, beforeAll as before, beforeEach, test } from 'vitest';
