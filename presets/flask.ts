/**
 * Flask: finds the application by reading the sources, in the order in which `flask run` looks, and starts it with
 * the WSGI server that is locked. Nothing is imported or executed.
 */
import { definePreset, type PresetInput } from 'pycontainer';
import type { SourceTree } from 'pycontainer/python';
import { frameworkPreset, type StatedApplication } from './application/framework.ts';
import { WSGI_SERVERS } from './server/wsgi.ts';

const VARIABLE = 'FLASK_APP';
/** Public by custom: secrets belong into `.env`, which is not read. */
const FILE = '.flaskenv';

export default definePreset(
  frameworkPreset({
    name: 'flask',
    title: 'Flask',
    wanted: {
      classes: new Set(['flask.Flask', 'flask.app.Flask']),
      modules: ['wsgi', 'app'],
      names: ['app', 'application'],
      factories: ['create_app', 'make_app'],
    },
    word: 'Flask',
    servers: WSGI_SERVERS,
    advised: 'gunicorn',
    stated,
    wayOut: (target) => `name it in the configuration: \`env.${VARIABLE} = "${target}"\``,
    // Flask's instance folder: local configuration and data.
    config: { exclude: ['/instance/', FILE] },
  }),
);

async function stated(input: PresetInput, tree: SourceTree): Promise<StatedApplication | undefined> {
  const value = input.env?.[VARIABLE];
  if (value !== undefined)
    return { place: `\`env.${VARIABLE}\` of the configuration`, ...targetOf(value, tree) };
  if (!input.files.includes(FILE)) return undefined;
  const lines = Buffer.from(await input.read(FILE))
    .toString('utf8')
    .split(/\r?\n/);
  const index = lines.findLastIndex((line) => ASSIGNMENT.test(line));
  const text = ASSIGNMENT.exec(lines[index] ?? '')?.groups?.value;
  if (text === undefined) return undefined;
  const place = `\`${VARIABLE}\` in ${FILE}`;
  return { place, ...targetOf(unquoted(text), tree), file: FILE, line: index + 1 };
}

const ASSIGNMENT = /^\s*(?:export\s+)?FLASK_APP\s*=\s*(?<value>.*?)\s*$/;

function unquoted(text: string): string {
  const quoted = /^(?<quote>["'])(?<inner>.*?)\k<quote>/.exec(text)?.groups?.inner;
  return quoted ?? text.replace(/\s+#.*$/, '');
}

/** `shop`, `shop:app`, `shop:create_app()`, and each with the path of a file in place of the module. */
function targetOf(value: string, tree: SourceTree): Pick<StatedApplication, 'value' | 'factory'> {
  const [, from = '', name, call] = /^([^:]*)(?::([^()]*)(\(\s*\))?)?$/.exec(value.trim()) ?? [];
  const path = from.replace(/^\.\//, '');
  const module = path.endsWith('.py') ? tree.moduleOf(path) : from;
  if (module === undefined || module === '') return { value: undefined };
  return { value: name === undefined ? module : `${module}:${name}`, factory: call !== undefined };
}
