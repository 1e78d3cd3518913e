/** The matchers for whoever has no `expect` that can be extended. */
import { AssertionError } from 'node:assert';
import { type BuildMatchers, type Matcher, matchers } from './matchers.ts';

/** The matchers bound to a value, which throw an `AssertionError`, and their opposites. */
export interface BuildExpectation extends BuildMatchers {
  readonly not: BuildMatchers;
}

/**
 * The same matchers without a framework of tests, such as for `node:test` and Deno:
 * `expectBuild(built).toHaveFile('etc/motd')`.
 */
export function expectBuild(received: unknown): BuildExpectation {
  return { ...bound(received, false), not: bound(received, true) };
}

function bound(received: unknown, isNegated: boolean): BuildMatchers {
  const all: readonly [string, Matcher][] = Object.entries(matchers);
  const checks = all.map(([name, matcher]) => {
    const check = (...values: never[]): void => {
      const { pass, message, actual, expected } = matcher.call({}, received, ...values);
      if (pass !== isNegated) return;
      throw new AssertionError({ message: message(), actual, expected, operator: name, stackStartFn: check });
    };
    return [name, check];
  });
  return Object.fromEntries(checks) as unknown as BuildMatchers;
}
