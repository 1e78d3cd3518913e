import { expect, test } from 'vitest';
import { shownReference } from '../../core/cli/render/location.ts';
import { nextCommands } from '../../core/cli/render/next-command.ts';
import { type BuildReport, emptyReport, type ReportedImage } from '../../core/pipeline/report.ts';
import { digestOf } from '../../core/primitives/digest.ts';

/** What is typed to start a layout at a path, seen from a folder. */
function typed(path: string, cwd: string): string | undefined {
  const image = { name: 'shop', ports: [], tags: [] } as unknown as ReportedImage;
  const output = {
    image: image.name,
    destination: 'layout:build/image',
    reference: `oci:${path}:latest`,
    digest: digestOf('m'),
    bytesUploaded: 0,
    blobsUploaded: 0,
    blobsMounted: 0,
    blobsPresent: 0,
  };
  const report: BuildReport = { ...emptyReport('build'), images: [image], outputs: [output] };
  return nextCommands(report, cwd)[0]?.lines[0];
}

test('a layout is started from a path that engines take for a name', () => {
  expect(typed('/home/Me/shop/build/image', '/home/Me/shop')).toBe('podman run --rm oci:build/image:latest');
  expect(typed('/srv/images/shop', '/home/Me')).toBe('podman run --rm oci:/srv/images/shop:latest');
  expect(typed('/home/Me/shop/build/image', '/srv')).toBe(
    'cd /home/Me/shop/build/ && podman run --rm oci:image:latest',
  );
  expect(typed('/srv/my shop/image', '/srv')).toBe("cd 'my shop/' && podman run --rm oci:image:latest");
});

test('a reference outside of the working directory is absolute', () => {
  expect(shownReference('oci:/srv/image:latest', '/srv/shop')).toBe('oci:/srv/image:latest');
  expect(shownReference('oci:/srv/..image:latest', '/srv')).toBe('oci:..image:latest');
});
