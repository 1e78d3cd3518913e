/** Greets whoever looks into an image: by a file and by a label. */
import { definePlugin } from 'pycontainer';
import * as z from 'zod';

const NAME = 'pycontainer-plugin-example';

/** What a configuration may say. It is checked, with all else that is wrong there, before anything runs. */
const options = z
  .strictObject({
    greeting: z.string().min(1).default('hello'),
  })
  .prefault({});

export default definePlugin({
  name: NAME,
  options,
  apply(hooks, api, { greeting }) {
    hooks.collect.tap(NAME, (collected) =>
      api.addPart(collected, api.filesPart('greeting', { 'etc/motd': `${greeting}\n` })),
    );
    hooks.label.tap(NAME, (image) => ({
      ...image,
      labels: { ...image.labels, 'com.example.greeting': greeting },
    }));
  },
});
