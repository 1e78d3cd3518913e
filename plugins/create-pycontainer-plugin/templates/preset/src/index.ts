/**
 * Starts an aiohttp application: the only module that calls `web.run_app` when it is run. Nothing of the project is imported
 * or executed.
 */
import { definePreset, type PresetInput, PycError } from 'pycontainer';
import { createSourceTree, resolveExpression } from 'pycontainer/python';
import * as z from 'zod';

/** Several modules, or none, could be what starts. `details` lists them. */
export class StartUnclearError extends PycError {
  readonly code = 'PYC_EXAMPLE_START_UNCLEAR';
}

/** What a configuration may say. `undefined` must be allowed: that is what it says by default. */
const options = z
  .strictObject({
    port: z.int().min(1).max(65_535).default(8080),
  })
  .prefault({});

export default definePreset({
  name: 'pycontainer-plugin-example',
  options,
  async detect(input, { port }) {
    const isLocked = input.distributions.some(({ name }) => name === 'aiohttp');
    if (!isLocked && !input.explicit) return undefined;
    const found = await modulesThatRun(input);
    const [first] = found;
    if (first === undefined && !input.explicit) return undefined;
    if (first === undefined || found.length > 1) {
      throw new StartUnclearError(`${found.length} modules call \`web.run_app\`, and not one`, {
        hint: 'state the start, as in `entrypoint = ["python", "-m", "shop.server"]`',
        details: found,
      });
    }
    return {
      config: { entrypoint: ['python', '-m', first.module], ports: [port], stopSignal: 'SIGTERM' },
      reasons: [
        { message: `\`${first.module}\` runs an aiohttp application`, file: first.file, line: first.line },
      ],
    };
  },
});

interface Runner {
  readonly module: string;
  readonly file: string;
  readonly line: number;
}

/** Modules with a call at their top or under `if __name__ == '__main__'`; aliases of imports are followed. */
async function modulesThatRun({ files, read }: PresetInput): Promise<readonly Runner[]> {
  const tree = createSourceTree({ paths: files, read });
  const found: Runner[] = [];
  for (const file of tree.paths) {
    const module = tree.moduleOf(file);
    if (module === undefined) continue;
    for (const statement of (await tree.load(file)).statements) {
      if (statement.kind !== 'expression' || statement.value.kind !== 'call') continue;
      const called = await resolveExpression(tree, module, statement.value.callee);
      const isRun = called?.kind === 'external' && called.name === 'aiohttp.web.run_app';
      if (isRun) found.push({ module, file, line: statement.line });
    }
  }
  return found;
}
