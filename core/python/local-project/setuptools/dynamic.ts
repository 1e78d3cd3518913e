/** What `[tool.setuptools.dynamic]` takes out of files: a version, a readme, requirements. Nothing is imported. */
import { notStatic } from '../not-static.ts';
import type { ProjectFiles } from '../project-files.ts';
import { pythonFacts } from '../python-facts.ts';
import { isTexts, onlyKeys, type Table, tableAt, textAt } from '../table.ts';
import { pythonLines, readText } from '../text.ts';
import { isFile } from '../tree.ts';
import { folderOf, type Packages } from './packages.ts';

/** @param dynamic `[tool.setuptools.dynamic]` */
export function dynamicVersion(files: ProjectFiles, dynamic: Table, packages: Packages): string {
  const directive = tableAt(dynamic, 'version');
  onlyKeys(directive, ['attr', 'file'], 'tool.setuptools.dynamic.version');
  if (directive.file !== undefined) return fileText(files, directive.file);
  const attribute = textAt(directive, 'attr') ?? notStatic('`version` is dynamic');
  return attributeVersion(files, attribute, packages);
}

/** A text that a module of the project gives to a name, as in `package.module.__version__`. */
export function attributeVersion(files: ProjectFiles, stated: string, packages: Packages): string {
  const attribute = stated.trim();
  const dot = attribute.lastIndexOf('.');
  const module = dot === -1 ? '__init__' : attribute.slice(0, dot);
  const at = folderOf(module, packages.folders);
  const path = [`${at}.py`, `${at}/__init__.py`].find((candidate) => isFile(files, candidate));
  if (path === undefined) return notStatic(`\`${attribute}\` is in no module of the project`);
  const [value] = pythonFacts(files, path).valuesOf(attribute.slice(dot + 1));
  if (value?.kind === 'string') return value.value;
  return notStatic(`setuptools would run \`${path}\` to find \`${attribute}\``);
}

export function dynamicReadme(
  files: ProjectFiles,
  dynamic: Table,
): { readonly text: string; readonly contentType: string } {
  const directive = tableAt(dynamic, 'readme');
  onlyKeys(directive, ['file', 'content-type'], 'tool.setuptools.dynamic.readme');
  return {
    text: fileText(files, directive.file),
    contentType: textAt(directive, 'content-type') ?? 'text/x-rst',
  };
}

/** Requirements of a file, which may hold comments and nothing that only pip understands. */
export function dynamicRequirements(files: ProjectFiles, directive: Table): readonly string[] {
  onlyKeys(directive, ['file'], 'tool.setuptools.dynamic');
  return pythonLines(fileText(files, directive.file)).filter(
    (line) => line.trim() !== '' && !line.trim().startsWith('#'),
  );
}

function fileText(files: ProjectFiles, stated: unknown): string {
  const paths = typeof stated === 'string' ? [stated] : isTexts(stated) ? stated : [];
  if (paths.length === 0) notStatic('a field is dynamic, and no file of it is named');
  return paths.map((path) => readText(files, path)).join('\n');
}
