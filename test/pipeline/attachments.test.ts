import { definePlugin } from 'pycontainer';
import { buildInMemory } from 'pycontainer/testing';
import { describe, expect, it } from 'vitest';

/** Attaches the same words to the index, whichever platform is asked, and others to each image. */
const notes = definePlugin({
  name: 'notes',
  apply(hooks) {
    hooks.sbom.tapPromise('notes', async (input) => {
      const { os, architecture } = input.platform;
      const own = `${os}/${architecture}`;
      const note = (subject: string) => ({
        artifactType: 'text/x-notes',
        mediaType: 'text/plain',
        bytes: Buffer.from(`notes on ${subject}`),
        subject,
      });
      return { ...input, attachments: [...input.attachments, note(own), note('index')] };
    });
  },
});

describe('attachments', () => {
  it('belong to the images and to their index', async () => {
    const { report } = await buildInMemory(
      {},
      { plugins: [notes], platforms: ['linux/amd64', 'linux/arm64'] },
    );
    expect(report.error).toBeNull();
    const [first, second] = report.images.map(({ digest }) => digest);
    expect(report.attachments.map(({ subject }) => subject).sort()).toEqual(
      [first, second, report.index?.digest].sort(),
    );
  });

  it('of an index belong to the image where there is only one', async () => {
    const { report } = await buildInMemory({}, { plugins: [notes] });
    const digest = report.images[0]?.digest;
    expect(report.attachments.map(({ subject }) => subject)).toEqual([digest, digest]);
  });
});
