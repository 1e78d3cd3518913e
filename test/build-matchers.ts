/** Teaches vitest's `expect` what `pycontainer/testing` knows of builds. */
import { type BuildMatchers, matchers } from 'pycontainer/testing';
import { expect } from 'vitest';

declare module 'vitest' {
  interface Matchers<T> extends BuildMatchers<T> {}
}

expect.extend(matchers);
