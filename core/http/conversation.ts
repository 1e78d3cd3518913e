/** A request from its first try to its last redirect. How an exchange travels is not known here. */
import type { Log } from '../primitives/log.ts';
import type { HttpRequest, HttpResponse } from './client.ts';
import { HttpRedirectError } from './errors.ts';
import { type Exchange, isRedirect, MAX_REDIRECTS, redirected } from './exchange.ts';
import { retriesFor } from './fault.ts';
import { askedDelay, isRetryableStatus, pause, type RetryRules, retryDelay } from './retry.ts';
import { redactUrl } from './url.ts';

const RETRIES = 4;

/** Sends once. Rejects with what {@link retriesFor} can judge. */
export type Send = (exchange: Exchange, signal: AbortSignal | undefined) => Promise<HttpResponse>;

/** Makes the function that tries again and follows redirects as the request allows. */
export function createConversation(
  send: Send,
  rules: RetryRules,
  log: Log,
): (exchange: Exchange, request: HttpRequest, signal: AbortSignal | undefined) => Promise<HttpResponse> {
  const attempt = async (
    exchange: Exchange,
    retries: number,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse> => {
    const started = performance.now();
    const isLast = (tries: number, allowed: number, delay: number): boolean =>
      tries >= allowed || performance.now() - started + delay > rules.deadline;
    for (let tries = 0; ; tries += 1) {
      let delay = retryDelay(tries, undefined, rules, Math.random);
      try {
        const response = await send(exchange, signal);
        if (!isRetryableStatus(response.status)) return response;
        delay = retryDelay(tries, askedDelay(response.headers, Date.now()), rules, Math.random);
        if (isLast(tries, retries, delay)) return response;
        await response.discard();
      } catch (fault) {
        if (isLast(tries, retriesFor(fault, retries), delay)) throw fault;
      }
      log.debug(`trying again in ${Math.round(delay)} ms: ${exchange.method} ${redactUrl(exchange.url)}`);
      await pause(delay, signal);
    }
  };

  return async (first, request, signal) => {
    signal?.throwIfAborted();
    const retries = request.retries ?? (first.method === 'GET' || first.method === 'HEAD' ? RETRIES : 0);
    let exchange = first;
    for (let followed = 0; ; followed += 1) {
      const response = await attempt(exchange, retries, signal);
      const { location } = response.headers;
      if (request.redirect === 'manual' || !isRedirect(response.status) || location === undefined)
        return response;
      await response.discard();
      if (followed === MAX_REDIRECTS) {
        const where = redactUrl(first.url);
        throw new HttpRedirectError(`${where} redirects more than ${MAX_REDIRECTS} times`, where);
      }
      exchange = redirected(exchange, response.status, location);
    }
  };
}
