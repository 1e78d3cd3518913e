/**
 * Prints TOML values as Python's `json.dumps(value, sort_keys=True)` does, byte for byte: Poetry, PDM and Pipenv hash
 * that text to tell whether a lock is stale.
 */
import { parse } from 'smol-toml';

/** What stands between items and after keys: Python's default, or its `separators=(',', ':')`. */
export interface JsonSeparators {
  readonly item: string;
  readonly key: string;
}

const DEFAULT: JsonSeparators = { item: ', ', key: ': ' };

/** A TOML table in which whole numbers are told apart from others. */
export type ExactTable = Readonly<Record<string, unknown>>;

/** Parses TOML so that `1` and `1.0` stay apart. Throws what the parser throws. */
export function parseExactToml(text: string): ExactTable {
  return parse(text.replace(/^\uFEFF/, ''), { integersAsBigInt: true });
}

/** The value where it is a table, else an empty one. */
export function tableOf(value: unknown): ExactTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ExactTable) : {};
}

/** Undefined where Python would raise: for dates and times. */
export function pythonJson(value: unknown, separators: JsonSeparators = DEFAULT): string | undefined {
  switch (typeof value) {
    case 'string':
      return printString(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'number':
      return printFloat(value);
    case 'object':
      break;
    default:
      return 'null';
  }
  if (value === null) return 'null';
  if (value instanceof Date) return undefined;
  const items = Array.isArray(value)
    ? value.map((item: unknown) => pythonJson(item, separators))
    : Object.entries(value)
        .sort(([a], [b]) => compareCodePoints(a, b))
        .map(([key, item]) => {
          const printed = pythonJson(item, separators);
          return printed === undefined ? undefined : `${printString(key)}${separators.key}${printed}`;
        });
  if (items.includes(undefined)) return undefined;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}${items.join(separators.item)}${close}`;
}

/** All but printable ASCII is escaped; JSON's own short escapes are Python's too. */
function printString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Python's shortest form: always with a point or an exponent, which has two digits at least. */
function printFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0.0';
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 16)) {
    const shown = String(Math.abs(power)).padStart(2, '0');
    return `${digits}e${power < 0 ? '-' : '+'}${shown}`;
  }
  // Between these powers JavaScript uses no exponent either.
  const plain = String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

/** Python orders texts by code point, JavaScript by UTF-16 unit. */
function compareCodePoints(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = left[index]!.codePointAt(0)! - right[index]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
