/** An HTTP client that opens indexes: it adds what is known for a request's origin. A redirect to another origin takes nothing along. */
import type { HttpClient } from '../../http/client.ts';
import { parseUrl } from '../../http/url.ts';
import type { IndexCredentialSource } from './credentials.ts';

/** What is asked of the HTTP client here. */
export type Requests = Pick<HttpClient, 'request'>;

export function authorizedClient(http: Requests, credentials: IndexCredentialSource): Requests {
  return {
    async request(request) {
      const url = parseUrl(request.url);
      const isStated = Object.keys(request.headers ?? {}).some(
        (name) => name.toLowerCase() === 'authorization',
      );
      if (url === undefined || isStated) return http.request(request);
      credentials.learn(request.url);
      const found = await credentials.find(url, request.signal);
      if (found === undefined) return http.request(request);
      url.username = '';
      url.password = '';
      const pair = Buffer.from(`${found.username}:${found.password}`).toString('base64');
      return http.request({
        ...request,
        url: url.href,
        headers: { ...request.headers, authorization: `Basic ${pair}` },
      });
    },
  };
}
