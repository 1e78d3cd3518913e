/** Who this is to AWS: the first of the places that its own tools look into. */
import type { Aws } from './aws.ts';
import { keysOfContainer, keysOfInstance } from './metadata.ts';
import { keysOfEnvironment, keysOfProfile } from './profile.ts';
import { assumeByToken } from './roles.ts';
import type { AwsKeys } from './signature.ts';

/**
 * The keys; undefined where nothing says who this is.
 *
 * @param region whose STS is asked for a role
 * @param profile what the plugin's options name; it comes before the environment
 * @throws CloudIdentityError, TokenServiceError where something does, and cannot be used
 */
export async function findKeys(
  aws: Aws,
  region: string,
  profile: string | undefined,
): Promise<AwsKeys | undefined> {
  const { env } = aws;
  if (profile !== undefined) return keysOfProfile(aws, region, profile);
  const stated = keysOfEnvironment(aws);
  if (stated !== undefined) return stated;
  const tokenFile = env.AWS_WEB_IDENTITY_TOKEN_FILE;
  const roleArn = env.AWS_ROLE_ARN;
  if (tokenFile && roleArn) {
    return assumeByToken(aws, region, {
      roleArn,
      tokenFile,
      session: env.AWS_ROLE_SESSION_NAME || undefined,
    });
  }
  return (
    (await keysOfProfile(aws, region, env.AWS_PROFILE || undefined)) ??
    (await keysOfContainer(aws)) ??
    (await keysOfInstance(aws))
  );
}
