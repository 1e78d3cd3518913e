/**
 * What a build consists of: each image on each platform, in the order of the configuration; and which of that one of
 * several machines builds. Nothing is built here, and no machine knows of another.
 */
import { formatPlatform, normalizePlatform, type Platform, parsePlatform } from '../oci/platform.ts';
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import type { ResolvedConfig } from './settings.ts';

/** One image on one platform. */
export interface BuildUnit {
  readonly config: ResolvedConfig;
  readonly platform: Platform;
}

/** A unit and where it is in the plan of the whole, from 0. */
export interface PlacedUnit extends BuildUnit {
  readonly position: number;
}

/** One of several equal shares of a build. */
export interface Shard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** `--shard` is not as `2/5`, the second of five shares, or `--shards` is no number of them. */
export class ShardError extends PycError {
  readonly code = 'PYC_SHARD_INVALID';
  override readonly exitCode = 2;
}

/**
 * A shard builds only some platforms of an image, and the output would take them for the whole. Use `registry:` or
 * `layout:`, whose parts `pyc index create` joins, or build the image without `--shard`.
 */
export class ShardOutputError extends PycError {
  readonly code = 'PYC_SHARD_OUTPUT';
  override readonly exitCode = 2;
}

/** More than anybody has machines. */
const MOST_SHARDS = 10_000;
/** Outputs that hold one image, whatever it is. */
const WHOLE = /^(?:archive|docker-archive|load):/;

/** Reads `2/5`. @throws ShardError */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (shard.index >= 1 && shard.index <= shard.count && shard.count <= MOST_SHARDS) return shard;
  throw new ShardError(`\`${visible(text.slice(0, 50))}\` is no shard`, {
    hint: 'write which one of how many, from `1/5` to `5/5`',
  });
}

/** Every unit of the images, in order; it does not matter who asks, or where. */
export function unitsOf(configs: readonly ResolvedConfig[]): readonly PlacedUnit[] {
  return configs
    .flatMap((config) => distinctPlatforms(config.platforms).map((platform) => ({ config, platform })))
    .map((unit, position) => ({ ...unit, position }));
}

/** Which shard builds the unit at a position: they are dealt like cards, so that shares differ by one at most. */
export function shardAt(position: number, count: number): Shard {
  return { index: (position % count) + 1, count };
}

/** The units of one shard. */
export function unitsOfShard(units: readonly PlacedUnit[], { index, count }: Shard): readonly PlacedUnit[] {
  return units.filter(({ position }) => shardAt(position, count).index === index);
}

/** `linux/arm64` and `linux/arm64/v8` are one, and an index holds each once. */
export function distinctPlatforms(texts: readonly string[]): readonly Platform[] {
  const platforms = texts.map(parsePlatform);
  return [
    ...new Map(platforms.map((platform) => [formatPlatform(normalizePlatform(platform)), platform])).values(),
  ];
}

/** @throws ShardOutputError where one of the SPECs cannot hold a part of an image */
export function refuseWholeOutputs(name: string, outputs: readonly string[]): void {
  const refused = outputs.find((output) => WHOLE.test(output));
  if (refused === undefined) return;
  throw new ShardOutputError(
    `this shard builds a part of \`${name}\`, and \`${visible(refused)}\` holds a whole image`,
    {
      hint: 'use `registry:` or `layout:`, and join the parts by `pyc index create`',
    },
  );
}
