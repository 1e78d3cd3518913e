/**
 * The rules of a house, so that each of its projects need not state them: which bases it has and what is known of them, how
 * its older projects say what they are and what they need, what never goes in, and what has a layer of its own.
 */
import { definePlugin } from 'pycontainer';
import { houseBase, pythonOf } from './bases.ts';
import { withOwnLayer } from './layers.ts';
import { options } from './options.ts';
import { findSetupCfg } from './setup-cfg.ts';
import { readWheelList } from './wheel-list.ts';

const NAME = 'pycontainer-plugin-house-rules';

export default definePlugin({
  name: NAME,
  options,
  apply(hooks, api, { bases, registries, wheelList, leaveOut, ownLayer }) {
    hooks.project.tapPromise(NAME, ({ directory }) => findSetupCfg(directory));
    hooks.lock.tapPromise(NAME, ({ project }) => readWheelList(project.directory, wheelList));
    hooks.base.tapPromise(NAME, async (request, context) => {
      const base = bases[request.reference];
      if (base === undefined) return undefined;
      // Asked once more, by the name that others know it by.
      const source = await hooks.base.promise({ ...request, reference: base.is }, context);
      return houseBase(request.reference, base.is, source);
    });
    // The whole name of the host counts: `registry.example.com.evil.org` gets nothing.
    hooks.credentials.tap(NAME, ({ host }) => {
      const account = registries[host];
      const password = account === undefined ? undefined : api.env[account.password];
      if (account === undefined || password === undefined || password === '') return undefined;
      return { kind: 'basic', username: account.username, password };
    });
    hooks.python.tap(NAME, ({ reference, platform }) => pythonOf(bases[reference], platform));
    hooks.resolve.tap(NAME, (resolution) => {
      const left = resolution.distributions.filter(({ name }) => leaveOut.includes(name));
      for (const { name } of left) api.log.info(`${NAME}: \`${name}\` is left out`);
      return {
        ...resolution,
        distributions: resolution.distributions.filter((distribution) => !left.includes(distribution)),
      };
    });
    hooks.layer.tap(NAME, (plan) => ({ ...plan, groups: withOwnLayer(plan.groups, ownLayer) }));
  },
});
