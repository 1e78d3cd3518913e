/** How installed packages are recorded where there is no dpkg: a file each in `/var/lib/dpkg/status.d`, which scanners read. */
import type { OpenedPackage } from './package-file.ts';
import type { Cured } from './system/root-view.ts';
import { fileOf, folderOf } from './system/root-view.ts';

const FOLDER = 'var/lib/dpkg/status.d';

/** The package's control paragraph and its list of MD5 sums. */
export function statusOf(packages: readonly OpenedPackage[]): readonly Cured[] {
  if (packages.length === 0) return [];
  return [
    ...['var', 'var/lib', 'var/lib/dpkg', FOLDER].map((path) => folderOf(path)),
    ...packages.flatMap(({ file, control, md5sums }) => [
      fileOf(`${FOLDER}/${file.name}`, statusParagraph(control)),
      ...(md5sums === undefined ? [] : [fileOf(`${FOLDER}/${file.name}.md5sums`, md5sums)]),
    ]),
  ];
}

/** dpkg-query(1) writes `Status` right behind the name. */
function statusParagraph(control: string): string {
  const [first, ...rest] = control.trim().split('\n');
  return `${[first, 'Status: install ok installed', ...rest].join('\n')}\n`;
}
