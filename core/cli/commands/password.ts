/** Reads a password from standard input. */
import { UsageError } from '../usage-error.ts';

const LIMIT = 64 * 1024;

/** All of it, without the line break at its end. @throws UsageError where there is none */
export async function readPassword(input: AsyncIterable<Uint8Array | string>): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    if (text.length > LIMIT) break;
  }
  const password = text.replace(/\r?\n$/, '');
  if (password !== '' && password.length <= LIMIT) return password;
  throw new UsageError('standard input holds no password', {
    hint: 'pipe it in, as in `pass registry | pyc build --password-stdin …`',
  });
}
