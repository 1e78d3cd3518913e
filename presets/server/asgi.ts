/**
 * How each ASGI server is told to serve an application: on all interfaces, on port 8000 unless the platform
 * says otherwise, in the foreground. Which application that is is not known here.
 */
import { startGunicorn } from './gunicorn.ts';
import { PORT, type Server } from './locked.ts';

/** The most usual first. */
export const ASGI_SERVERS: readonly Server[] = [
  {
    // Reads UVICORN_PORT, which an argument would override.
    name: 'uvicorn',
    start: (target, factory) => ({
      entrypoint: ['python', '-m', 'uvicorn', target, ...(factory ? ['--factory'] : []), '--host', '0.0.0.0'],
      env: {},
    }),
  },
  {
    name: 'gunicorn',
    since: '24',
    start: (target, factory, version) => startGunicorn(target, factory, version, ['-k', 'asgi']),
  },
  {
    // Reads GRANIAN_PORT.
    name: 'granian',
    start: (target, factory) => ({
      entrypoint: [
        ...['python', '-m', 'granian', '--interface', 'asgi', ...(factory ? ['--factory'] : [])],
        ...['--host', '0.0.0.0', target],
      ],
      env: {},
    }),
  },
  {
    // Reads no variable, so that a shell has to; `exec` keeps the server process 1.
    name: 'hypercorn',
    start: (target, factory) => ({
      entrypoint: [
        'sh',
        '-c',
        `exec python -m hypercorn '${factory ? `${target}()` : target}' --bind "0.0.0.0:\${PORT:-${PORT}}"`,
      ],
      env: {},
    }),
  },
  {
    name: 'daphne',
    takesFactories: false,
    start: (target) => ({
      entrypoint: ['sh', '-c', `exec python -m daphne -b 0.0.0.0 -p "\${PORT:-${PORT}}" '${target}'`],
      env: {},
    }),
  },
];
