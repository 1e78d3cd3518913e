/**
 * Object references, the right side of an entry point (PyPA's "Entry points specification"): a module, an
 * object in it, extras. They become Python code in scripts, so that anything but names is refused.
 */

export interface ObjectReference {
  /** Dotted. */
  readonly module: string;
  /** Dotted; absent where the reference is to the module itself. */
  readonly attribute: string | undefined;
  readonly extras: readonly string[];
}

const NAMES = String.raw`[\p{XIDS}_][\p{XIDC}]*(?:\.[\p{XIDS}_][\p{XIDC}]*)*`;
const REFERENCE = new RegExp(
  String.raw`^(?<module>${NAMES})[ \t]*(?::[ \t]*(?<attribute>${NAMES})[ \t]*)?(?:\[(?<extras>[\w.,\- \t]*)\])?$`,
  'u',
);

/** Takes `module : function [extra]` apart; `undefined` for anything that is no reference. */
export function parseObjectReference(text: string): ObjectReference | undefined {
  const groups = REFERENCE.exec(text.trim())?.groups;
  if (groups?.module === undefined) return undefined;
  const names = [...groups.module.split('.'), ...(groups.attribute?.split('.') ?? [])];
  if (names.some((name) => KEYWORDS.has(name))) return undefined;
  const extras = (groups.extras ?? '').split(',').flatMap((extra) => extra.trim() || []);
  return { module: groups.module, attribute: groups.attribute, extras };
}

/** Words that no name in Python can be: a reference to one would be a syntax error in the script. */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);
