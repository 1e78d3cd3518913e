/**
 * How each WSGI server is told to serve an application: on all interfaces, on port 8000 unless the platform
 * says otherwise, in the foreground. Which application that is is not known here.
 */
import { startGunicorn } from './gunicorn.ts';
import { PORT, type Server } from './locked.ts';

/** The most usual first. */
export const WSGI_SERVERS: readonly Server[] = [
  { name: 'gunicorn', start: (target, factory, version) => startGunicorn(target, factory, version) },
  {
    // Reads no variable, so that a shell has to; `exec` keeps the server process 1.
    name: 'waitress',
    // It handles no signal: as process 1 it would ignore SIGTERM.
    stopSignal: 'SIGINT',
    start: (target, factory) => ({
      entrypoint: [
        'sh',
        '-c',
        `exec python -m waitress ${factory ? '--call ' : ''}--listen="0.0.0.0:\${PORT:-${PORT}}" '${target}'`,
      ],
      env: {},
    }),
  },
  {
    // Reads GRANIAN_PORT.
    name: 'granian',
    start: (target, factory) => ({
      entrypoint: [
        ...['python', '-m', 'granian', '--interface', 'wsgi', ...(factory ? ['--factory'] : [])],
        ...['--host', '0.0.0.0', target],
      ],
      env: {},
    }),
  },
];
