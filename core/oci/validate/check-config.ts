/** Checks an image's configuration by itself and against its manifest (image specification, "Image Configuration"). */

import type { ConfigDocument, Manifest } from '../image.ts';
import { type Platform, samePlatform } from '../platform.ts';
import type { Faults } from './fault.ts';

/** RFC 3339, section 5.6. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const PORT = /^\d{1,5}(?:\/(?:tcp|udp|sctp))?$/;

/** @param listed the platform under which an index lists the manifest */
export function checkConfig(
  config: ConfigDocument,
  manifest: Manifest,
  listed: Platform | undefined,
  where: string,
  faults: Faults,
): void {
  const { os, architecture, variant, rootfs, history, created } = config;
  const own = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  if (listed !== undefined && !samePlatform(listed, own)) {
    faults.add(
      'platform',
      where,
      `the index lists it as ${JSON.stringify(listed)}, it is ${JSON.stringify(own)}`,
    );
  }
  if (rootfs.type !== 'layers') faults.add('config', where, '`rootfs.type` is not `layers`');
  if (rootfs.diff_ids.length !== manifest.layers.length) {
    const counts = `${rootfs.diff_ids.length} diffIDs and ${manifest.layers.length} layers`;
    faults.add('config', where, `there are ${counts}`);
  }
  if (history !== undefined) {
    const filled = history.filter((entry) => entry.empty_layer !== true).length;
    if (filled !== manifest.layers.length) {
      faults.add(
        'history',
        where,
        `${filled} entries have a layer, and there are ${manifest.layers.length} layers`,
      );
    }
    for (const [index, entry] of history.entries())
      checkTime(entry.created, `${where} history ${index}`, faults);
  }
  checkTime(created, where, faults);
  for (const variable of config.config?.Env ?? []) {
    if (!/^[^=]+=/.test(variable)) faults.add('config', where, `\`${variable}\` in \`Env\` is no NAME=VALUE`);
  }
  for (const port of Object.keys(config.config?.ExposedPorts ?? {})) {
    if (!PORT.test(port)) faults.add('config', where, `\`${port}\` in \`ExposedPorts\` is no port`);
  }
}

function checkTime(text: string | undefined, where: string, faults: Faults): void {
  if (text === undefined) return;
  if (!TIME.test(text) || Number.isNaN(Date.parse(text))) {
    faults.add('config', where, `\`created\` is \`${text}\`, which is no RFC 3339 time`);
  }
}
