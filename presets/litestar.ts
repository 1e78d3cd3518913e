/**
 * Litestar: finds the application by reading the sources, in the order in which Litestar's own command looks, and
 * starts it with the ASGI server that is locked. Nothing is imported or executed.
 */
import { definePreset } from 'pycontainer';
import { frameworkPreset } from './application/framework.ts';
import { ASGI_SERVERS } from './server/asgi.ts';

const VARIABLE = 'LITESTAR_APP';

export default definePreset(
  frameworkPreset({
    name: 'litestar',
    title: 'Litestar',
    wanted: {
      classes: new Set(['litestar.Litestar', 'litestar.app.Litestar']),
      modules: ['app', 'application'],
      names: ['app', 'application'],
      factories: ['create_app'],
    },
    word: 'Litestar',
    servers: ASGI_SERVERS,
    advised: 'uvicorn',
    async stated({ env }) {
      const value = env?.[VARIABLE];
      return value === undefined ? undefined : { place: `\`env.${VARIABLE}\` of the configuration`, value };
    },
    wayOut: (target) => `name it in the configuration: \`env.${VARIABLE} = "${target}"\``,
  }),
);
