// Joins the chunks of a split bundle that are loaded together. A bundler cuts what entries share into as many chunks as
// there are ways to share it, and at a start a file costs more than its code. What a program does is not known here.
import { posix } from 'node:path';
import { build } from 'esbuild';

/**
 * A file in place of others: what the roots need at once and no group before it has. It imports groups before it alone,
 * so that none waits for another in a circle.
 *
 * @typedef {{ name: string, roots: string[], sharedWith?: string[] }} Group - `roots` and `sharedWith` are sources, or the
 * ends of their paths; with `sharedWith` it is what both sides need
 */

/**
 * @param {Map<string, string>} files - text by the path below the folder of the bundle
 * @param {import('esbuild').Metafile['outputs']} outputs - by the same paths
 * @param {Group[]} groups
 * @returns {Promise<Map<string, string>>} without the chunks that were joined; a public entry among them passes on its exports
 */
export async function joinChunks(files, outputs, groups) {
  const members = assign(outputs, groups);
  const numbers = new Map([...members.keys()].map((path, number) => [path, number]));
  /** What a member's export is called in its group, where others export the same name. */
  const nameIn = (path, name) => `m${numbers.get(path)}_${name}`;
  const wholeIn = (path) => `m${numbers.get(path)}`;

  /** A file's text, with its imports as they must be in `place`. @param own - the group that it becomes part of */
  const redirect = (path, place, own) => {
    const target = (specifier) => posix.join(posix.dirname(path), specifier);
    return files
      .get(path)
      .replaceAll(/^import (?:\{([^}]*)\} from )?"(\.[^"]+)";$/gm, (_, names, specifier) => {
        const wanted = target(specifier);
        const group = members.get(wanted);
        const from = group === undefined ? wanted : fileOf(group);
        const source = group !== undefined && group === own ? `member:${wanted}` : relative(place, from);
        if (names === undefined) return `import "${source}";`;
        if (group === undefined || group === own) return `import {${names}} from "${source}";`;
        const renamed = names.split(',').map((each) => {
          const [name, local = name] = each.trim().split(' as ');
          return `${nameIn(wanted, name)} as ${local}`;
        });
        return `import { ${renamed.join(', ')} } from "${source}";`;
      })
      .replaceAll(/\bimport\("(\.[^"]+)"\)/g, (_, specifier) => {
        const wanted = target(specifier);
        const group = members.get(wanted);
        if (group === undefined) return `import("${relative(place, wanted)}")`;
        return `import("${relative(place, fileOf(group))}").then((all) => all.${wholeIn(wanted)})`;
      });
  };

  /** Every export of every member under its name in the group. */
  const exportsOf = (name) =>
    [...members]
      .filter(([, group]) => group === name)
      .map(([path]) => {
        const { exports, entryPoint } = outputs[path];
        const from = `"member:${path}"`;
        const names = exports.map((each) => `${each} as ${nameIn(path, each)}`);
        const whole = entryPoint === undefined ? '' : `export * as ${wholeIn(path)} from ${from};`;
        return `export { ${names.join(', ')} } from ${from};${whole}`;
      });

  const joined = new Map();
  for (const path of files.keys()) {
    const group = members.get(path);
    if (group === undefined) joined.set(path, redirect(path, path));
    else if (!path.startsWith('chunks/')) {
      const names = outputs[path].exports.map((each) => `${nameIn(path, each)} as ${each}`);
      joined.set(path, `export { ${names.join(', ')} } from "${relative(path, fileOf(group))}";\n`);
    }
  }
  for (const { name } of groups) {
    const plugin = membersAsModules((path) => redirect(path, fileOf(name), name));
    joined.set(fileOf(name), await bundled(exportsOf(name).join('\n'), plugin));
  }
  return joined;
}

/** Which group each joined file is in; a file comes after those that it needs. */
function assign(outputs, groups) {
  const outputOf = (source) => {
    const isSource = (entry) => entry === source || entry?.endsWith(`/${source}`);
    const path = Object.keys(outputs).find((each) => isSource(outputs[each].entryPoint));
    if (path === undefined) throw new Error(`no chunk begins with ${source}`);
    return path;
  };
  const needed = (sources) => {
    const found = new Set();
    const seen = new Set();
    const visit = (path) => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const { path: next, kind, external } of outputs[path].imports)
        if (kind === 'import-statement' && external !== true) visit(next);
      found.add(path);
    };
    for (const source of sources) visit(outputOf(source));
    return found;
  };
  const members = new Map();
  for (const { name, roots, sharedWith } of groups) {
    const others = sharedWith && needed(sharedWith);
    for (const path of needed(roots))
      if (!members.has(path) && others?.has(path) !== false) members.set(path, name);
  }
  return members;
}

function membersAsModules(textOf) {
  return {
    name: 'members',
    setup(pass) {
      pass.onResolve({ filter: /^member:/ }, ({ path }) => ({
        path: path.slice('member:'.length),
        namespace: 'member',
      }));
      pass.onResolve({ filter: /.*/ }, ({ path }) => ({ path, external: true }));
      pass.onLoad({ filter: /.*/, namespace: 'member' }, ({ path }) => ({ contents: textOf(path) }));
    },
  };
}

async function bundled(contents, plugin) {
  const { outputFiles } = await build({
    stdin: { contents },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    legalComments: 'eof',
    logLevel: 'warning',
    plugins: [plugin],
  });
  return outputFiles[0].text;
}

function fileOf(group) {
  return `chunks/${group}.js`;
}

function relative(from, to) {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}
