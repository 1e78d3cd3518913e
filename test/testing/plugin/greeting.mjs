/** A plugin as somebody else would write it, for the tests of how others test. */
import { definePlugin } from 'pycontainer';

export default definePlugin({
  name: 'greeting',
  apply(hooks, api) {
    hooks.collect.tapPromise('greeting', async (collected) =>
      api.addPart(collected, api.filesPart('greeting', { 'etc/motd': 'hello\n' })),
    );
    hooks.label.tapPromise('greeting', async (image) => ({
      ...image,
      labels: { ...image.labels, greeting: 'hello' },
    }));
  },
});
