/** Makes what a base may use while it is opened for one platform. */

import { writeLayer } from '../oci/layer/write-layers.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';
import { digestOfJson } from '../primitives/digest.ts';
import type { Session } from './session.ts';
import type { ResolvedConfig } from './settings.ts';
import { findLayer, LAYER_RULES, rememberLayer } from './stages/layer.ts';
import type { BaseContext } from './values.ts';

/** The context of one base on one platform. */
export function createBaseContext(
  reference: string,
  platform: Platform,
  config: ResolvedConfig,
  session: Session,
): BaseContext {
  return {
    http: session.http,
    store: session.store,
    log: session.log,
    offline: session.offline,
    dryRun: session.dryRun,
    tellsMoves: session.command === 'check' || session.command === 'lock',
    pins: session.pins.of(reference, formatPlatform(platform)),
    sourceDateEpoch: session.sourceDateEpoch ?? 0,
    directory: config.directory,
    async writeLayer(name, key, items, signal) {
      const members = config.gzipMembers === 'single' ? 'single' : 'spliced';
      const layerKey = digestOfJson({ what: 'layer of a base', rules: LAYER_RULES, key, members });
      const cached = session.noCache ? undefined : await findLayer(layerKey, session);
      if (cached !== undefined) return cached;
      const layer = await writeLayer(items, session.store, { name, signal, members });
      await rememberLayer(layerKey, layer, session);
      return layer;
    },
  };
}
