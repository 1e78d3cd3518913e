/**
 * Celery: a worker and a beat as processes of the image, for the only Celery application in the sources. The worker is
 * what the image starts where nothing serves requests. Nothing is imported or executed.
 */
import { definePreset, type PresetInput } from 'pycontainer';
import { PresetAmbiguousError, PresetNoApplicationError } from './application/errors.ts';
import { findApplication, type Wanted } from './application/find.ts';
import { pathEnvironment, treeOf } from './application/place.ts';

const WANTED: Wanted = {
  classes: new Set(['celery.Celery', 'celery.app.Celery', 'celery.app.base.Celery']),
  // Its command is always told the module, and so has no order of modules.
  modules: [],
  names: [],
  factories: [],
};
const WAY_OUT =
  'state the processes in the configuration: `processes.worker = ["python", "-m", "celery", "-A", "module:name", "worker"]`';

export default definePreset({
  name: 'celery',
  rank: 'worker',
  composes: true,
  async detect(input) {
    if (!input.explicit && !input.distributions.some(({ name }) => name === 'celery')) return undefined;
    const found = await search(input);
    if (found === undefined) return undefined;
    const { target, file, line } = found;
    const celery = ['python', '-m', 'celery', '-A', target];
    const worker = [...celery, 'worker', '--loglevel', 'INFO'];
    // The project's folder is read-only for the process.
    const beat = [...celery, 'beat', '--loglevel', 'INFO', '--schedule', '/tmp/celerybeat-schedule'];
    const isAlone = input.decided?.start === undefined;
    return {
      config: {
        ...(isAlone ? { entrypoint: worker, stopSignal: 'SIGTERM' } : {}),
        processes: { worker, beat },
        env: {
          PYTHONUNBUFFERED: '1',
          PYTHONFAULTHANDLER: '1',
          ...pathEnvironment(input, await treeOf(input), file),
        },
      },
      reasons: [
        { message: `\`${target}\` is a Celery application`, file, line },
        {
          message: isAlone
            ? 'its worker is what the image starts'
            : 'worker and beat are processes of their own',
          keys: ['processes', ...(isAlone ? ['stopSignal'] : [])],
        },
      ],
    };
  },
});

async function search(
  input: PresetInput,
): Promise<{ readonly target: string; readonly file: string; readonly line: number } | undefined> {
  // Who declares a worker has said what there is.
  if (input.decided?.processes.includes('worker') === true) return undefined;
  const { chosen, candidates } = await findApplication(input, await treeOf(input), WANTED, 'Celery');
  // Its command takes objects alone.
  if (chosen?.kind === 'object') return chosen;
  const several = candidates.filter(({ kind }) => kind === 'object');
  if (several.length > 0) {
    const list = several.map(({ target, file, line }) => `\`${target}\` (${file}:${line})`);
    throw new PresetAmbiguousError(`several objects could be the Celery application: ${list.join(', ')}`, {
      hint: WAY_OUT,
      details: several.map(({ target, file, line }) => ({ target, file, line })),
    });
  }
  if (!input.explicit) return undefined;
  throw new PresetNoApplicationError('no Celery application was found in the sources', { hint: WAY_OUT });
}
