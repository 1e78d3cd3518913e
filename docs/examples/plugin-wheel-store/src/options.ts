/** Where the bucket is, and which variable holds the key to it. */
import * as z from 'zod';

/** A credential must not cross a network in the clear. */
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

export const options = z
  .strictObject({
    /** Address of the store, as in `https://objects.example.com`. */
    endpoint: z.url({ protocol: /^https?$/ }).refine((text) => {
      const { username, password, search, hash } = new URL(text);
      return `${username}${password}${search}${hash}` === '';
    }, 'write it without user, password and query: `authorization` names a variable for what is secret'),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'this is not the name of a bucket'),
    /** What stands before a wheel's name in its key, as in `wheels/`. */
    prefix: z.string().default(''),
    /** Name of the environment variable whose value is sent as the header Authorization, as in `Bearer …`. */
    authorization: z
      .string()
      .regex(/^[A-Za-z_]\w*$/, 'write the name of an environment variable, never its value')
      .optional(),
  })
  .refine(
    ({ endpoint, authorization }) =>
      authorization === undefined || !URL.canParse(endpoint) || isPrivate(new URL(endpoint)),
    { path: ['endpoint'], error: 'a credential is sent over https alone' },
  );

export type Place = z.output<typeof options>;

function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || LOOPBACK.test(hostname);
}
