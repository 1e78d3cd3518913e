/** Where a registry may send an upload to. What is sent is not known here. */
import type { HttpResponse } from '../http/client.ts';
import { isLinkLocal, isLoopback, parseUrl, redactUrl } from '../http/url.ts';
import type { Repository } from './client.ts';
import { RegistryAnswerError } from './errors.ts';

/** Where an upload goes on. @throws RegistryAnswerError for none, for https to http, and for this machine or link-local ones */
export function uploadLocation(repository: Repository, response: HttpResponse): URL {
  const { location } = response.headers;
  const url = location === undefined ? undefined : parseUrl(location, response.url);
  const refuse = (why: string): RegistryAnswerError =>
    new RegistryAnswerError(`\`${repository.host}\` cannot be uploaded to: ${why}`, {
      hint: 'ask whoever runs the registry',
    });
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw refuse('it names no place for the upload');
  url.username = '';
  url.password = '';
  url.hash = '';
  const { base } = repository;
  if (url.origin === base.origin) return url;
  if (base.protocol === 'https:' && url.protocol === 'http:')
    throw refuse(`it sends uploads to \`${redactUrl(url)}\`, without https`);
  const isInward = isLinkLocal(url.hostname) || (isLoopback(url.hostname) && !isLoopback(base.hostname));
  if (isInward) throw refuse(`it sends uploads to \`${redactUrl(url)}\`, which is not its own`);
  return url;
}
