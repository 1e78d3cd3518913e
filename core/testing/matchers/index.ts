/** What a test says of a build: matchers for `expect`, and an `expect` of their own. */
export { type BuildExpectation, expectBuild } from './expect-build.ts';
export { type BuildMatchers, matchers } from './matchers.ts';
export type { ExpectedText, MatcherContext, MatcherResult } from './result.ts';
