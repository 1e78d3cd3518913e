/** CRC-32 as zip and gzip use it. Node (20.15 and later), Bun and Deno all bring it; this is the one place that says so. */

/** The unsigned CRC-32 of `data`, going on from `value`. */
export { crc32 } from 'node:zlib';
