/**
 * FastAPI: finds the application by reading the sources, in the order in which FastAPI's own command looks,
 * and starts it with the server that is locked. Nothing is imported or executed.
 */
import { definePreset } from 'pycontainer';
import { frameworkPreset, type StatedApplication } from './application/framework.ts';
import { ASGI_SERVERS } from './server/asgi.ts';

const TABLE = '[tool.fastapi]';

export default definePreset(
  frameworkPreset({
    name: 'fastapi',
    title: 'FastAPI',
    wanted: {
      classes: new Set(['fastapi.FastAPI', 'fastapi.applications.FastAPI']),
      modules: ['main', 'app', 'api', 'app.main', 'app.app', 'app.api'],
      names: ['app', 'api'],
      factories: ['create_app', 'make_app', 'create_application', 'build_app', 'get_app'],
    },
    word: 'FastAPI',
    servers: ASGI_SERVERS,
    advised: 'uvicorn',
    async stated({ project, read }): Promise<StatedApplication | undefined> {
      const table = project.pyproject?.tool.fastapi as Readonly<Record<string, unknown>> | undefined;
      if (table?.entrypoint === undefined) return undefined;
      return {
        place: `\`entrypoint\` in \`${TABLE}\` of pyproject.toml`,
        value: moduleAndName(table.entrypoint),
        file: 'pyproject.toml',
        ...lineOf(await read('pyproject.toml')),
      };
    },
    wayOut: (target) => `name it in pyproject.toml: \`${TABLE}\` with \`entrypoint = "${target}"\``,
  }),
);

/** FastAPI's own command takes no module alone. */
function moduleAndName(value: unknown): unknown {
  return typeof value === 'string' && value.includes(':') ? value : undefined;
}

function lineOf(pyproject: Uint8Array): { readonly line?: number } {
  const lines = Buffer.from(pyproject).toString('utf8').split(/\r?\n/);
  const index = lines.findIndex((line) =>
    /^\s*(?:entrypoint|fastapi\.entrypoint|tool\.fastapi\.entrypoint)\s*=/.test(line),
  );
  return index === -1 ? {} : { line: index + 1 };
}
