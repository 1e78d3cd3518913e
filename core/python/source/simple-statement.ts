/** Reads what stands on one line: imports, assignments, `return`, `del`, `global`, expressions (language reference, chapter 7). */
import type { TokenCursor } from './cursor.ts';
import { readExpression, readExpressionList } from './expression-reader.ts';
import type { Runs, Statement } from './statement.ts';

const ASSIGNING = new Set('+= -= *= /= //= %= @= &= |= ^= >>= <<= **='.split(' '));
/** Statements that state no fact. */
const MUTE = new Set(['pass', 'break', 'continue', 'nonlocal', 'raise', 'assert']);

/** The facts of one simple statement, none for some; the cursor may be left anywhere before its end. */
export function readSimpleStatement(cursor: TokenCursor, runs: Runs): readonly Statement[] {
  const { kind, text, line } = cursor.token();
  if (kind === 'name') {
    if (MUTE.has(text)) return [];
    if (text === 'import') return readImports(cursor, runs);
    if (text === 'from') return readFromImports(cursor, runs);
    if (text === 'return') {
      cursor.at += 1;
      return [{ kind: 'return', value: cursor.read(readExpressionList), line, runs }];
    }
    if (text === 'del') return readDeletions(cursor, runs);
    if (text === 'global') return readGlobals(cursor, runs);
    if (text === 'type' && cursor.token(1).kind === 'name') {
      const alias = readTypeAlias(cursor, runs);
      if (alias !== undefined) return [alias];
    }
  }
  return readExpressionOrAssignment(cursor, runs);
}

function readExpressionOrAssignment(cursor: TokenCursor, runs: Runs): readonly Statement[] {
  const { line, kind } = cursor.token();
  if (kind === 'newline' || kind === 'end') return [];
  const first = cursor.read(readExpressionList);
  if (cursor.isOperator(':')) {
    cursor.at += 1;
    const annotation = cursor.read(readExpression);
    const assigned = cursor.isOperator('=');
    if (assigned) cursor.at += 1;
    const value = assigned ? { value: cursor.read(readExpressionList) } : {};
    return [{ kind: 'assignment', targets: [first], annotation, ...value, line, runs }];
  }
  if (cursor.isOperator('=')) {
    const targets = [first];
    let value = first;
    while (cursor.isOperator('=')) {
      cursor.at += 1;
      value = cursor.read(readExpressionList);
      targets.push(value);
    }
    return [{ kind: 'assignment', targets: targets.slice(0, -1), value, line, runs }];
  }
  if (cursor.token().kind === 'operator' && ASSIGNING.has(cursor.token().text)) {
    const operator = cursor.token().text;
    cursor.at += 1;
    const value = cursor.read(readExpressionList);
    return [{ kind: 'assignment', targets: [first], value, operator, line, runs }];
  }
  return [{ kind: 'expression', value: first, line, runs }];
}

function readDeletions(cursor: TokenCursor, runs: Runs): readonly Statement[] {
  const { line } = cursor.token();
  cursor.at += 1;
  const deleted = cursor.read(readExpressionList);
  const targets = deleted.kind === 'tuple' || deleted.kind === 'list' ? deleted.items : [deleted];
  return targets.map((target) => ({ kind: 'delete', target, line, runs }));
}

function readGlobals(cursor: TokenCursor, runs: Runs): readonly Statement[] {
  const { line } = cursor.token();
  const found: Statement[] = [];
  do {
    cursor.at += 1;
    const { kind, text: name } = cursor.token();
    if (kind !== 'name') break;
    found.push({ kind: 'global', name, line, runs });
    cursor.at += 1;
  } while (cursor.isOperator(','));
  return found;
}

/** PEP 695: `type Name = …` and `type Name[T] = …`. */
function readTypeAlias(cursor: TokenCursor, runs: Runs): Statement | undefined {
  const { line } = cursor.token();
  const { text: name, line: at } = cursor.token(1);
  const { close, text } = cursor.token(2);
  const behind = text === '[' ? close! + 1 : cursor.at + 2;
  const { kind, text: sign } = cursor.tokens[behind] ?? cursor.token(2);
  if (kind !== 'operator' || sign !== '=') return undefined;
  cursor.at = behind + 1;
  const value = cursor.read(readExpression);
  return { kind: 'assignment', targets: [{ kind: 'name', name, line: at }], value, line, runs };
}

function readImports(cursor: TokenCursor, runs: Runs): readonly Statement[] {
  const { line } = cursor.token();
  const found: Statement[] = [];
  do {
    cursor.at += 1;
    const module = readDottedName(cursor);
    if (module === '') return found;
    const alias = readAlias(cursor);
    found.push({ kind: 'import', module, ...(alias === undefined ? {} : { alias }), line, runs });
  } while (cursor.isOperator(','));
  return found;
}

function readFromImports(cursor: TokenCursor, runs: Runs): readonly Statement[] {
  const { line } = cursor.token();
  let level = 0;
  for (cursor.at += 1; cursor.isOperator('.') || cursor.isOperator('...'); cursor.at += 1) {
    level += cursor.token().text.length;
  }
  const module = cursor.isWord('import') ? '' : readDottedName(cursor);
  if (!cursor.isWord('import')) return [];
  cursor.at += 1;
  if (cursor.isOperator('*')) return [{ kind: 'from', module, level, name: '*', alias: '*', line, runs }];
  if (cursor.isOperator('(')) cursor.at += 1;
  const found: Statement[] = [];
  while (cursor.token().kind === 'name') {
    const name = cursor.token().text;
    cursor.at += 1;
    found.push({ kind: 'from', module, level, name, alias: readAlias(cursor) ?? name, line, runs });
    if (!cursor.isOperator(',')) break;
    cursor.at += 1;
  }
  return found;
}

function readDottedName(cursor: TokenCursor): string {
  let name = '';
  while (cursor.token().kind === 'name') {
    name += cursor.token().text;
    cursor.at += 1;
    if (!cursor.isOperator('.') || cursor.token(1).kind !== 'name') break;
    name += '.';
    cursor.at += 1;
  }
  return name;
}

function readAlias(cursor: TokenCursor): string | undefined {
  if (!cursor.isWord('as') || cursor.token(1).kind !== 'name') return undefined;
  cursor.at += 2;
  return cursor.token(-1).text;
}
