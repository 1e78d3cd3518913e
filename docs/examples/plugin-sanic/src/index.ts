/**
 * Starts a Sanic application: finds it by reading the sources, and serves it with Sanic's own server. Nothing of the project is
 * imported or executed.
 */
import { type Detection, definePreset, PycError } from 'pycontainer';
import * as z from 'zod';
import { type Application, findApplications } from './find.ts';

/** Several objects could be the application. */
export class SanicAmbiguousError extends PycError {
  readonly code = 'PYC_SANIC_AMBIGUOUS';
}

/** The preset was asked for by name, and the sources have no application. */
export class SanicMissingError extends PycError {
  readonly code = 'PYC_SANIC_NOT_FOUND';
}

const options = z
  .strictObject({
    /** Which object it is, where the sources have several. */
    application: z
      .string()
      .regex(/^[\w.]+:\w+$/, 'write it as in `shop.server:app`')
      .optional(),
    port: z.int().min(1).max(65_535).default(8000),
    /** One process serves by default: a platform starts as many containers as it needs. */
    workers: z.int().min(1).max(512).default(1),
  })
  .prefault({});

export default definePreset({
  name: 'sanic',
  options,
  async detect(input, { application, port, workers }) {
    const isLocked = input.distributions.some(({ name }) => name === 'sanic');
    if (!isLocked && !input.explicit) return undefined;
    const found = await findApplications(input);
    const wanted = found.filter(({ target }) => application === undefined || target === application);
    if (wanted.length > 1) throw ambiguous(wanted);
    const [chosen] = wanted;
    if (chosen !== undefined) return detectionOf(chosen, port, workers);
    if (!input.explicit) return undefined;
    const what =
      application === undefined ? 'no Sanic application' : `no Sanic application \`${application}\``;
    throw new SanicMissingError(`${what} was found in the sources`, {
      hint: 'make it at the top of a module, as in `app = Sanic("shop")`, or state `entrypoint` in the configuration',
      details: found,
    });
  },
});

function detectionOf(
  { target, kind, file, line, folder }: Application,
  port: number,
  workers: number,
): Detection {
  return {
    config: {
      entrypoint: [
        ...['python', '-m', 'sanic', target],
        ...(kind === 'factory' ? ['--factory'] : []),
        ...['--host=0.0.0.0', `--port=${port}`],
        workers === 1 ? '--single-process' : `--workers=${workers}`,
      ],
      ports: [port],
      stopSignal: 'SIGTERM',
      env: { PYTHONUNBUFFERED: '1', ...(folder === '' ? {} : { PYTHONPATH: `/app/${folder}` }) },
    },
    reasons: [
      {
        message:
          kind === 'factory'
            ? `\`${target}\` makes a Sanic application`
            : `\`${target}\` is a Sanic application`,
        file,
        line,
      },
      { message: 'it is started with its own server', keys: ['ports', 'stopSignal'] },
    ],
  };
}

function ambiguous(found: readonly Application[]): SanicAmbiguousError {
  const list = found.map(({ target, file, line }) => `\`${target}\` (${file}:${line})`).join(', ');
  return new SanicAmbiguousError(`several objects could be the Sanic application: ${list}`, {
    hint: `say which: \`preset: ['pycontainer-preset-sanic', { application: '${found[0]!.target}' }]\``,
    details: found,
  });
}
