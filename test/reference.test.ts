import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { referencePages } from '../scripts/reference/pages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('the generated reference', () => {
  it('is what the sources say; if not, run `npm run build && npm run reference`', () => {
    const stale = [...referencePages(root)]
      .filter(
        ([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
      )
      .map(([path]) => path);
    expect(stale).toEqual([]);
  });
});
