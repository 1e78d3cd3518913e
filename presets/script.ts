/**
 * A command: the only console script that the package installs, else the only module that `python -m` runs. Python as
 * process 1 ignores SIGTERM and obeys SIGINT.
 */
import { type Detection, definePreset, type PresetInput } from 'pycontainer';
import { isAside } from './application/aside.ts';
import { PresetAmbiguousError, PresetNoApplicationError } from './application/errors.ts';
import { importable, pathEnvironment, treeOf } from './application/place.ts';

const TABLE = '[project.scripts]';
/** Where scripts are stated, in the order in which they count. */
const PLACES = [
  ['pyproject.toml', TABLE],
  ['pyproject.toml', '[tool.poetry.scripts]'],
  ['setup.cfg', '[options.entry_points]'],
] as const;

export default definePreset({
  name: 'script',
  rank: 'script',
  async detect(input) {
    const found = (await consoleScript(input)) ?? (await mainModule(input));
    if (found !== undefined || !input.explicit) return found;
    throw new PresetNoApplicationError(`there is neither a script in \`${TABLE}\` nor a \`__main__.py\``, {
      hint: 'state the start in the configuration: `entrypoint = ["python", "-m", "module"]`',
    });
  },
});

/** Scripts are installed with a package alone. */
async function consoleScript(input: PresetInput): Promise<Detection | undefined> {
  const { project } = input;
  const names = project.isPackage ? Object.keys(project.scripts ?? {}) : [];
  if (names.length === 0) return undefined;
  const { place, table, lines } = await placeOf(input);
  const candidates = names.map((name) => ({ target: name, file: place, line: lineOf(lines, table, name) }));
  if (names.length > 1) {
    const list = candidates.map(({ target, file, line }) => `\`${target}\` (${file}:${line})`);
    throw new PresetAmbiguousError(`several scripts could be what the image starts: ${list.join(', ')}`, {
      hint: `name one in the configuration: \`entrypoint = ["${names[0]}"]\``,
      details: candidates,
    });
  }
  const { target, file, line } = candidates[0]!;
  return startOf(
    [`/opt/venv/bin/${target}`],
    {},
    `\`${target}\` is the only script of \`${table}\``,
    file,
    line,
  );
}

async function mainModule(input: PresetInput): Promise<Detection | undefined> {
  const tree = await treeOf(input);
  const isInstalled = importable(input);
  const found = tree.paths.filter(
    (path) => /(?:^|\/)__main__\.py$/.test(path) && isInstalled(path) && !isAside(path),
  );
  const candidates = found.map((file) => ({
    target: commandFor(tree.moduleOf(file), file).join(' '),
    file,
    line: 1,
  }));
  if (found.length > 1) {
    const list = candidates.map(({ target, file }) => `\`${target}\` (${file}:1)`);
    throw new PresetAmbiguousError(`several modules could be what the image starts: ${list.join(', ')}`, {
      hint: `name one in the configuration: \`entrypoint = ${JSON.stringify(candidates[0]!.target.split(' '))}\``,
      details: candidates,
    });
  }
  const [file] = found;
  if (file === undefined) return undefined;
  const command = commandFor(tree.moduleOf(file), file);
  return startOf(command, pathEnvironment(input, tree, file), `\`${file}\` is the only main module`, file, 1);
}

/** `python -m shop`; for a folder that is no package, `python /app/folder`. */
function commandFor(module: string | undefined, file: string): readonly string[] {
  const name = module?.replace(/\.?__main__$/, '') ?? '';
  if (name !== '') return ['python', '-m', name];
  return ['python', `/app/${file.slice(0, -'__main__.py'.length)}`.replace(/\/$/, '')];
}

function startOf(
  entrypoint: readonly string[],
  path: Readonly<Record<string, string>>,
  message: string,
  file: string,
  line: number,
): Detection {
  return {
    config: {
      entrypoint,
      stopSignal: 'SIGINT',
      env: { PYTHONUNBUFFERED: '1', PYTHONFAULTHANDLER: '1', ...path },
    },
    reasons: [{ message, file, line }],
  };
}

/** The file and the table that has the project's scripts; the first place where none can be seen. */
async function placeOf(input: PresetInput) {
  for (const [place, table] of PLACES) {
    if (!input.files.includes(place)) continue;
    const lines = Buffer.from(await input.read(place))
      .toString('utf8')
      .split(/\r?\n/);
    if (headerOf(lines, table) !== -1) return { place, table, lines };
  }
  const [[place, table]] = PLACES;
  return { place, table, lines: [] };
}

function headerOf(lines: readonly string[], table: string): number {
  return lines.findIndex((line) => line.trim().startsWith(table));
}

function lineOf(lines: readonly string[], table: string, name: string): number {
  const header = headerOf(lines, table);
  // In setup.cfg the first of a list may stand beside the list's own key.
  const nameIn = (line: string): string => line.replace(/^\s*console_scripts\s*=/, '').split('=', 1)[0] ?? '';
  const index = lines.findIndex(
    (line, at) =>
      at > header &&
      nameIn(line)
        .trim()
        .replace(/^["']|["']$/g, '') === name,
  );
  return Math.max(index, header, 0) + 1;
}
