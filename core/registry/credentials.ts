/** What opens a registry, and where it may come from. How it is sent is not known here. */
import { PycError } from '../primitives/errors.ts';

/** What opens a registry. */
export type Credentials = (
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token, exchanged at the token endpoint. */
  | { readonly kind: 'identity'; readonly username: string; readonly token: string }
  /** A token that the registry itself takes. */
  | { readonly kind: 'bearer'; readonly token: string }
) & {
  /** Milliseconds since 1970 from which on they are asked for anew; default never. */
  readonly expires?: number;
};

/**
 * Finds credentials for a repository; undefined passes on.
 *
 * @param host as users write it: `docker.io`, `ghcr.io`, `localhost:5000`
 */
export type CredentialSource = (
  host: string,
  repository: string,
  signal?: AbortSignal,
) => Promise<Credentials | undefined>;

/** Asks each in turn. */
export function credentialChain(...sources: readonly CredentialSource[]): CredentialSource {
  return async (host, repository, signal) => {
    for (const source of sources) {
      const found = await source(host, repository, signal);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** Credentials that a user stated, for the hosts that they were stated for and no other. */
export function statedCredentials(
  stated: { readonly username: string; readonly password: string },
  hosts: readonly string[],
): CredentialSource {
  return async (host) => (hosts.includes(host) ? { kind: 'basic', ...stated } : undefined);
}

/**
 * Only one of `PYC_REGISTRY_USERNAME` and `PYC_REGISTRY_PASSWORD` is set. Set both, or neither; in a pipeline, look whether
 * the secret is visible to this step.
 */
export class CredentialVariableError extends PycError {
  readonly code = 'PYC_CREDENTIAL_VARIABLE';
  override readonly exitCode = 2;
}

/** What the environment states for the hosts that are pushed to; undefined where it states nothing. @throws CredentialVariableError */
export function environmentCredentials(
  env: Readonly<Record<string, string | undefined>>,
): { readonly username: string; readonly password: string } | undefined {
  const { PYC_REGISTRY_USERNAME: username, PYC_REGISTRY_PASSWORD: password } = env;
  if (username && password) return { username, password };
  if (!username && !password) return undefined;
  const [set, missing] = username ? ['USERNAME', 'PASSWORD'] : ['PASSWORD', 'USERNAME'];
  throw new CredentialVariableError(
    `\`PYC_REGISTRY_${set}\` is set, and \`PYC_REGISTRY_${missing}\` is not`,
    {
      hint: 'set both, or neither',
    },
  );
}
