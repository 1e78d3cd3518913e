/** What a house can state. Everything has a default that changes nothing. */
import { normalizeName } from 'pycontainer/python';
import * as z from 'zod';

const distribution = z.string().min(1).transform(normalizeName);

const base = z.strictObject({
  /** How others write it: `registry.example.com/python:3.13`, `layout:DIR`, `apt:trixie`. */
  is: z.string().min(1),
  /** What is known of its Python, so that nothing of the base is read for it. */
  python: z
    .strictObject({
      version: z.string().regex(/^3\.\d+\.\d+$/, 'write it in full, as in `3.13.5`'),
      libc: z.string().regex(/^(?:glibc|musl)-\d+\.\d+$/, 'write it as in `glibc-2.41`'),
      interpreter: z.string().regex(/^\//, 'write the absolute path in the image'),
    })
    .optional(),
});

const registry = z.strictObject({
  username: z.string().min(1),
  /** Name of the environment variable that holds the password. */
  password: z.string().regex(/^[A-Za-z_]\w*$/, 'write the name of an environment variable, never its value'),
});

export type HouseBase = z.output<typeof base>;

export const options = z
  .strictObject({
    /** Name, as in `house:python` → what it is. */
    bases: z.record(z.string().min(1), base).default({}),
    /** Host, as in `registry.example.com` → who asks there. */
    registries: z.record(z.string().min(1), registry).default({}),
    /** A file of addresses of wheels, which says what a project needs where it is there. */
    wheelList: z.string().min(1).default('wheels.txt'),
    /** Distributions that go into no image. */
    leaveOut: z.array(distribution).default([]),
    /** Distributions that share a layer above all others: the house's own, which change every day. */
    ownLayer: z.array(distribution).default([]),
  })
  .prefault({});
