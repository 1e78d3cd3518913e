/** Which token endpoints may be asked. A registry names its own; a hostile one names somebody else's. */
import { isLinkLocal, isLoopback, parseUrl, redactUrl } from '../http/url.ts';
import { visible } from '../primitives/path.ts';
import { RegistryAnswerError } from './errors.ts';

/**
 * The URL of a `Bearer` challenge's realm.
 *
 * @throws RegistryAnswerError for what is no URL, for http (a loopback address aside, and a registry that is
 * itself spoken to over http, on its own host), and for link-local addresses, where cloud metadata lies
 */
export function parseRealm(realm: string | undefined, registry: URL): URL {
  const url = realm === undefined ? undefined : parseUrl(realm);
  const refuse = (why: string): RegistryAnswerError => {
    const shown = url === undefined ? visible((realm ?? '').slice(0, 100)) : redactUrl(url);
    return new RegistryAnswerError(
      `\`${registry.host}\` sends its users to the token endpoint \`${shown}\`, ${why}`,
      {
        hint: 'ask whoever runs the registry; no credentials were sent there',
      },
    );
  };
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw refuse('which is no http or https URL');
  if (isLinkLocal(url.hostname)) throw refuse('which is a link-local address');
  // Loopback means this machine: right for a registry that is there too, and harmless to listen in on.
  if (isLoopback(url.hostname)) {
    if (!isLoopback(registry.hostname)) throw refuse('which is this machine itself');
    return url;
  }
  if (url.protocol === 'http:' && !(registry.protocol === 'http:' && url.hostname === registry.hostname)) {
    throw refuse('which does not use https');
  }
  return url;
}
