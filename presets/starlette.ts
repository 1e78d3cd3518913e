/** Starlette: the only application in the sources, started by the ASGI server that is locked. Nothing is imported or executed. */
import { definePreset } from 'pycontainer';
import { frameworkPreset } from './application/framework.ts';
import { ASGI_SERVERS } from './server/asgi.ts';

export default definePreset(
  frameworkPreset({
    name: 'starlette',
    title: 'Starlette',
    wanted: {
      classes: new Set(['starlette.applications.Starlette']),
      // Starlette has no command, and so no order in which it looks.
      modules: [],
      names: [],
      factories: [],
    },
    word: 'Starlette',
    servers: ASGI_SERVERS,
    advised: 'uvicorn',
    wayOut: (target) =>
      `state it in the configuration: \`entrypoint = ["python", "-m", "uvicorn", "${target}", "--host", "0.0.0.0"]\``,
    // FastAPI and others are made of it: then it says nothing about this project.
    isUnlikely: ({ distributions, project }) => {
      const requestedBy = distributions.find(({ name }) => name === 'starlette')?.requestedBy ?? [];
      return requestedBy.length > 0 && !requestedBy.includes(project.name);
    },
  }),
);
