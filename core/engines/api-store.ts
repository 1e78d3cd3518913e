/** The images of Docker and podman over their APIs, which differ in the paths and in what `load` answers. */

import { parseReference } from '../oci/reference.ts';
import { visible } from '../primitives/path.ts';
import type { ApiAnswer, EngineApi } from './api.ts';
import { EngineAnswerError, EngineLoadError } from './errors.ts';
import type { ImageStore, StoredImage } from './image-store.ts';

/** @param prefix - of paths: empty for Docker, `/v4.0.0/libpod` for podman */
export function createApiStore(api: EngineApi, shown: string, prefix: string): ImageStore {
  const get = (path: string, signal: AbortSignal): Promise<ApiAnswer> =>
    api.request('GET', `${prefix}${path}`, { signal });
  return {
    shown,
    async inspect(name, signal) {
      const answer = await get(`/images/${encodeURIComponent(name)}/json`, signal);
      if (answer.status === 404) return undefined;
      return storedImage(checked(answer, shown), shown);
    },
    async list(signal) {
      const images = checked(await get('/images/json', signal), shown);
      if (images === null) return [];
      if (!Array.isArray(images)) throw odd(shown, 'lists no images');
      return (images as { Id?: unknown }[]).map(({ Id }) => digestOf(Id, shown));
    },
    async tag(id, name, signal) {
      const { tag = '' } = parseReference(name);
      const repository = name.slice(0, name.length - tag.length - 1);
      const query = new URLSearchParams({ repo: repository, tag });
      const path = `${prefix}/images/${encodeURIComponent(id)}/tag?${query}`;
      const answer = await api.request('POST', path, { signal });
      if (answer.status >= 300) throw refusal(`the name \`${visible(name)}\``, answer, shown);
    },
    async load(archive, signal) {
      const answer = await api.request('POST', `${prefix}/images/load?quiet=1`, { signal, body: archive });
      if (answer.status >= 300) throw refusal('the image', answer, shown);
      const said = errorIn(answer.text);
      if (said !== undefined) throw refused('the image', said, shown);
    },
  };
}

/** The document of an answer that must be 200. @throws EngineAnswerError */
export function checked(answer: ApiAnswer, shown: string): unknown {
  if (answer.status === 200) return answer.json();
  throw odd(shown, `answered ${answer.status}: ${messageIn(answer.text)}`);
}

function storedImage(value: unknown, shown: string): StoredImage {
  const { Id, RootFS } = (value ?? {}) as { Id?: unknown; RootFS?: { Layers?: unknown } };
  const layers = RootFS?.Layers;
  return { id: digestOf(Id, shown), layers: Array.isArray(layers) ? layers.map(String) : [] };
}

/** podman leaves the algorithm out. */
function digestOf(id: unknown, shown: string): string {
  const [, hex] = /^(?:sha256:)?([0-9a-f]{64})$/.exec(typeof id === 'string' ? id : '') ?? [];
  if (hex === undefined) throw odd(shown, 'names an image by what is no id');
  return `sha256:${hex}`;
}

/** Docker answers 200 before it knows: a line of what follows says what went wrong. */
function errorIn(text: string): string | undefined {
  for (const line of text.split('\n')) {
    if (!line.includes('"error')) continue;
    const message = messageIn(line);
    if (message !== '') return message;
  }
  return undefined;
}

function messageIn(text: string): string {
  try {
    const { errorDetail, error, message, cause } = JSON.parse(text) as Record<string, unknown>;
    const said =
      (errorDetail as { message?: unknown } | undefined)?.message ?? error ?? message ?? cause ?? '';
    return visible(String(said).slice(0, 1000));
  } catch {
    return visible(text.trim().slice(0, 200));
  }
}

function refusal(what: string, answer: ApiAnswer, shown: string): EngineLoadError {
  return refused(what, `${answer.status} ${messageIn(answer.text)}`, shown);
}

function refused(what: string, said: string, shown: string): EngineLoadError {
  const hint = /no space left/i.test(said)
    ? "make room on the engine's disk"
    : 'mend what the engine names; its log may say more';
  return new EngineLoadError(`${shown} refused ${what}: ${said}`, { hint });
}

function odd(shown: string, what: string): EngineAnswerError {
  return new EngineAnswerError(`${shown} ${what}`);
}
