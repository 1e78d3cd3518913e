/**
 * The text of an action: JSON that carries its own key and a digest of both, so that an entry that was cut,
 * changed, or put under another name is found out.
 */
import { type Digest, digestOf } from '../primitives/digest.ts';

const HEAD = /^\{"key":"(sha256:[0-9a-f]{64})","integrity":"(sha256:[0-9a-f]{64})","value":/;

/** @throws TypeError for what JSON cannot hold */
export function formatAction(key: Digest, value: unknown): string {
  const json = JSON.stringify(value);
  if (json === undefined) throw new TypeError('an action needs a value');
  return `{"key":"${key}","integrity":"${integrityOf(key, json)}","value":${json}}`;
}

/** The value, or undefined where the text is not intact or belongs to another key. */
export function parseAction(key: Digest, text: string): unknown {
  const head = HEAD.exec(text);
  if (head === null || head[1] !== key || !text.endsWith('}')) return undefined;
  const json = text.slice(head[0].length, -1);
  return head[2] === integrityOf(key, json) ? (JSON.parse(json) as unknown) : undefined;
}

function integrityOf(key: Digest, json: string): Digest {
  return digestOf(`${key}\n${json}`);
}
