/** Debian's docker-registry on loopback. */
import { type Account, type Distribution, startDistribution } from './registries.ts';

export type { Account };
export type DockerRegistry = Distribution;

/** Starts one; with an account it asks everybody for it. */
export function startRegistry(account?: Account): Promise<DockerRegistry> {
  return startDistribution({ version: '2.8', ...(account && { account }) });
}
