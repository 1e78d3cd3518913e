/**
 * Opens GitHub's container registry with the token that a workflow has. What the token may do is the workflow's
 * `permissions`, and not known here.
 */
import { definePlugin, PycError, visible } from 'pycontainer';
import * as z from 'zod';

/** The variable that the options of `ghcr` name is not set, or empty. Set it, or leave the option out. */
export class GhcrTokenError extends PycError {
  readonly code = 'PYC_GHCR_TOKEN_MISSING';
}

const NAME = 'ghcr';

/** A Standard Schema. */
const options = z
  .strictObject({
    token: z
      .string()
      .regex(/^[A-Za-z_]\w*$/, 'write the name of an environment variable, never its value')
      .optional()
      .describe('The variable that holds the token, in place of `GITHUB_TOKEN`.'),
  })
  .prefault({});

/** The plugin: answers `credentials` for `ghcr.io` with `GITHUB_TOKEN`, and for the registry of a company's own GitHub where that runs the workflow. */
export default definePlugin({
  name: NAME,
  options,
  apply(hooks, { env }, { token: variable = 'GITHUB_TOKEN' }) {
    hooks.credentials.tap(NAME, ({ host }) => {
      if (host !== registryOf(env.GITHUB_SERVER_URL)) return undefined;
      const token = env[variable];
      if (token !== undefined && token !== '') {
        // The registry looks at the token alone, but wants some name.
        return { kind: 'basic', username: env.GITHUB_ACTOR || 'github', password: token };
      }
      if (variable === 'GITHUB_TOKEN') return undefined;
      throw new GhcrTokenError(`there is no token for \`${visible(host)}\` in \`${variable}\``, {
        hint: `set \`${variable}\`, or leave the option \`token\` out`,
      });
    });
  },
});

/** A workflow's token opens the registry of the GitHub that runs it, and no other. */
function registryOf(server = 'https://github.com'): string | undefined {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol !== 'https:') return undefined;
  return url.host === 'github.com' ? 'ghcr.io' : `containers.${url.host}`;
}
