/** Notices that registries send to their users (distribution specification, "Warnings"), each shown once. */
import type { HttpResponse } from '../http/client.ts';
import type { Log } from '../primitives/log.ts';
import { visible } from '../primitives/path.ts';
import type { Site } from './site.ts';

const MOST = 20;
/** Characters of one that are shown. */
const LONGEST = 500;

/** Makes the function that shows what an answer of a site warns of. */
export function createWarnings(log: Log): (site: Site, response: HttpResponse) => void {
  const shown = new Set<string>();
  return ({ target, authorizer }, response) => {
    for (const said of textsOf(response.headerList('warning'))) {
      const text = authorizer.withoutSecrets(said);
      if (shown.has(text) || shown.size >= MOST) continue;
      shown.add(text);
      log.warn({
        /**
         * A registry sent a `Warning` header (distribution specification, "Warnings"): a notice of its own to
         * whoever pulls or pushes, such as a deprecation.
         */
        code: 'PYC_REGISTRY_WARNING',
        message: `\`${target.host}\` says: ${visible(text.slice(0, LONGEST))}`,
      });
    }
  };
}

/** What the specification allows: `299 - "text"`, one or several in a header. */
function textsOf(headers: readonly string[]): string[] {
  const all = headers.join(', ').slice(0, 64 * 1024);
  return [...all.matchAll(/(?:^|,)\s*299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  );
}
