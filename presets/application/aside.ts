/** Which files of a project are not the application's own: tests, documentation, migrations. */

/** True for folders and files whose objects are not the project's own: tests, documentation, migrations. */
export function isAside(path: string): boolean {
  return ASIDE.test(path) || ASIDE_FILE.test(path);
}

const ASIDE =
  /(?:^|\/)(?:tests?|testing|docs?|docs_src|examples?|samples?|benchmarks?|notebooks|migrations|alembic)\//;
const ASIDE_FILE = /(?:^|\/)(?:conftest|test_[^/]*|[^/]*_tests?|setup|noxfile)\.py$/;
