// Prints how many tests passed and failed, from vitest's JSON report. Fails where a test failed, where one was left
// out, and where there were none.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { numPassedTests: passed, numTotalTests: total } = report;
// A file that could not be loaded, or whose fixtures failed, has no tests to count.
const broken = report.testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
).length;
const failed = total - passed + broken;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
