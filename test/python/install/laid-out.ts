/** Lays wheels out for tests, and reads what came of it as an installer's user would. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Content, TreeItem } from '../../../core/primitives/file-tree.ts';
import {
  type InstallTarget,
  type LaidOut,
  type LayOutOptions,
  layOut,
} from '../../../core/python/install.ts';
import { openWheel, type Wheel } from '../../../core/python/wheel.ts';
import { makeWheel, type WheelRecipe, wheelFileName } from '../../../core/testing/wheels.ts';

export const TARGET: InstallTarget = {
  prefix: 'opt/venv',
  implementation: 'cpython',
  pythonVersion: '3.12',
  abi: 'cp312',
};
export const SITE = 'opt/venv/lib/python3.12/site-packages';

/** A folder that is gone when the action ends. */
export async function inFolder<T>(action: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'pyc-wheels-'));
  try {
    return await action(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes a wheel, opens it, and runs the action while it is there. */
export async function withWheel<T>(
  recipe: WheelRecipe,
  action: (wheel: Wheel) => T | Promise<T>,
  fileName = wheelFileName(recipe),
): Promise<T> {
  return await inFolder(async (folder) => {
    const file = join(folder, 'blob');
    writeFileSync(file, await makeWheel(recipe));
    const wheel = openWheel(file, fileName);
    try {
      return await action(wheel);
    } finally {
      wheel.close();
    }
  });
}

/** Lays a made wheel out and reads every content. */
export async function laidOut(
  recipe: WheelRecipe,
  over: Partial<LayOutOptions> = {},
): Promise<LaidOut & { readonly files: Files }> {
  return await withWheel(recipe, async (wheel) => {
    const result = layOut(wheel, { target: TARGET, ...over });
    return { ...result, files: await readFiles(result.items) };
  });
}

export type Files = ReadonlyMap<
  string,
  { readonly mode: number; readonly text: string; readonly sha256: string; readonly size: number }
>;

/** Reads all contents, through their checks. */
export async function readFiles(items: readonly TreeItem[]): Promise<Files> {
  const files = new Map<string, { mode: number; text: string; sha256: string; size: number }>();
  for (const [path, entry] of items) {
    if (entry.type !== 'file') continue;
    const bytes = await readContent(entry.content);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    files.set(path, { mode: entry.mode, text: bytes.toString('utf8'), sha256, size: bytes.length });
  }
  return files;
}

export async function readContent(content: Content): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of content.open()) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}
