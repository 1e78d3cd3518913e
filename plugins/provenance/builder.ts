/** Who builds, as provenance names it: a URL of the user's, or the identity that a CI gives a job by its environment. */
import { PycError, VERSION, visible } from 'pycontainer';

/**
 * The provenance is to name the CI's job as its builder, and the environment does not say which one it is: this is neither GitHub
 * Actions nor GitLab CI, or what it says is no address. State `builder` as a URL, or leave it out on hosts that are no CI.
 */
export class BuilderIdentityError extends PycError {
  readonly code = 'PYC_PROVENANCE_BUILDER_UNKNOWN';
  override readonly exitCode = 2;
}

/** `runDetails` of the predicate (SLSA v1.0, "RunDetails"), without times: they would differ from run to run. */
export interface RunDetails {
  readonly builder: { readonly id: string; readonly version: Readonly<Record<string, string>> };
  readonly metadata?: { readonly invocationId: string };
}

/** The builder where nobody says who it is: this program on somebody's host, which nobody needs to trust. */
export const UNKNOWN_BUILDER = 'https://www.npmjs.com/package/pycontainer#some-host';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param stated the option: a URL, `ci`, or nothing
 * @param isRepeatable true where the index depends on it: what differs from run to run is left out
 * @throws BuilderIdentityError
 */
export function builderOf(stated: string | undefined, env: Environment, isRepeatable: boolean): RunDetails {
  const version = { pycontainer: VERSION };
  if (stated !== 'ci') return { builder: { id: stated ?? UNKNOWN_BUILDER, version } };
  const { id, invocationId } = env.GITHUB_ACTIONS === 'true' ? github(env) : gitlab(env);
  return {
    builder: { id, version },
    ...(invocationId === undefined || isRepeatable ? {} : { metadata: { invocationId } }),
  };
}

interface Identity {
  readonly id: string;
  readonly invocationId: string | undefined;
}

/** The workflow with its reference, as certificates of Fulcio name it. */
function github(env: Environment): Identity {
  const server = env.GITHUB_SERVER_URL ?? 'https://github.com';
  const { GITHUB_WORKFLOW_REF: workflow, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  if (workflow === undefined) throw unknown('`GITHUB_WORKFLOW_REF` is not set');
  return {
    id: address(`${server}/${workflow}`),
    invocationId:
      repository === undefined || run === undefined
        ? undefined
        : address(`${server}/${repository}/actions/runs/${run}/attempts/${env.GITHUB_RUN_ATTEMPT ?? '1'}`),
  };
}

/** The runner, as GitLab's own provenance names it. */
function gitlab(env: Environment): Identity {
  if (env.GITLAB_CI !== 'true') throw unknown('neither GitHub Actions nor GitLab CI is running this');
  const { CI_PROJECT_URL: project, CI_RUNNER_ID: runner, CI_JOB_URL: job } = env;
  if (project === undefined || runner === undefined) {
    throw unknown('`CI_PROJECT_URL` or `CI_RUNNER_ID` is not set');
  }
  return {
    id: address(`${project}/-/runners/${runner}`),
    invocationId: job === undefined ? undefined : address(job),
  };
}

/** Without credentials, and without anything that is no address. */
function address(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw unknown(`\`${visible(text)}\` is no address`);
  url.username = '';
  url.password = '';
  return url.href;
}

function unknown(why: string): BuilderIdentityError {
  return new BuilderIdentityError(`provenance cannot say which job of a CI builds: ${why}`, {
    hint: 'state `builder` as a URL, or leave it out',
  });
}
