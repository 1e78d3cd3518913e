"""What CPython's own parser says of the files of a folder: the facts that our reader states, one JSON array a file.

Usage: facts.py FOLDER OUTPUT. Each line of OUTPUT is [path, facts], facts being null where Python refuses the file.
harness/facts.ts writes the same of what our reader found.
"""

import ast
import io
import json
import sys
import threading
import tokenize
from pathlib import Path

UNKNOWN = "?"
CONSTANTS = {True, False, None}
COMPARED = {ast.Eq: "==", ast.NotEq: "!=", ast.In: "in", ast.NotIn: "not in"}
SUMMED = {ast.Add: "+", ast.Div: "/"}
ASSIGNED = {
    ast.Add: "+=", ast.Sub: "-=", ast.Mult: "*=", ast.Div: "/=", ast.FloorDiv: "//=", ast.Mod: "%=", ast.MatMult: "@=",
    ast.BitAnd: "&=", ast.BitOr: "|=", ast.BitXor: "^=", ast.RShift: ">>=", ast.LShift: "<<=", ast.Pow: "**=",
}


class Facts:
    def __init__(self, text):
        self.text = text
        self.lines = [line.encode("utf-8", "surrogatepass") for line in text.split("\n")]
        self.has_named_characters = "\\N{" in text

    def source(self, node):
        lines = self.lines[node.lineno - 1 : node.end_lineno]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return b"\n".join(lines).decode("utf-8", "replace")

    # Expressions

    def expression(self, node):
        match node:
            case ast.Name():
                return ["name", node.id]
            case ast.Attribute():
                return ["attribute", self.expression(node.value), node.attr]
            case ast.Call():
                return ["call", self.expression(node.func), self.arguments(node)]
            case ast.Subscript():
                return ["subscript", self.expression(node.value), self.index(node.slice)]
            case ast.Constant():
                return self.constant(node)
            case ast.BinOp() if type(node.op) in SUMMED:
                return ["binary", SUMMED[type(node.op)], self.expression(node.left), self.expression(node.right)]
            case ast.BoolOp():
                operator = "and" if isinstance(node.op, ast.And) else "or"
                result = self.expression(node.values[0])
                for value in node.values[1:]:
                    result = ["boolean", operator, result, self.expression(value)]
                return result
            case ast.Compare() if len(node.ops) == 1 and type(node.ops[0]) in COMPARED:
                operator = COMPARED[type(node.ops[0])]
                return ["comparison", operator, self.expression(node.left), self.expression(node.comparators[0])]
            case ast.UnaryOp(op=ast.Not()):
                return ["not", self.expression(node.operand)]
            case ast.IfExp():
                return ["conditional", *map(self.expression, (node.test, node.body, node.orelse))]
            case ast.Starred():
                return ["starred", self.expression(node.value)]
            case ast.List():
                return ["list", [*map(self.expression, node.elts)]]
            case ast.Tuple():
                return ["tuple", [*map(self.expression, node.elts)]]
            case ast.Set():
                return ["set", [*map(self.expression, node.elts)]]
            case ast.Dict() if None not in node.keys:
                items = zip(node.keys, node.values)
                return ["dict", [[self.expression(key), self.expression(value)] for key, value in items]]
            case _:
                return UNKNOWN

    def constant(self, node):
        value = node.value
        if isinstance(value, str):
            # Unicode's names are not known to our reader.
            named = self.has_named_characters and "\\N{" in self.source(node) and "\\N{" not in value
            return UNKNOWN if named else ["string", value]
        if value is None or isinstance(value, bool):
            return ["constant", value]
        if isinstance(value, (int, float, complex)):
            return ["number", self.source(node)]
        return UNKNOWN

    def arguments(self, call):
        found = []
        for node in sorted([*call.args, *call.keywords], key=lambda node: (node.lineno, node.col_offset)):
            match node:
                case ast.Starred():
                    found.append(["*", self.expression(node.value)])
                case ast.keyword(arg=None):
                    found.append(["**", self.expression(node.value)])
                case ast.keyword():
                    found.append([f"{node.arg}=", self.expression(node.value)])
                case _:
                    found.append(["", self.expression(node)])
        return found

    def index(self, node):
        if isinstance(node, ast.Tuple) and any(isinstance(item, ast.Slice) for item in node.elts):
            return UNKNOWN
        return self.expression(node)

    # Statements

    def statements(self, nodes, runs="always", when=()):
        return [fact for node in nodes for fact in self.statement(node, runs, when)]

    def statement(self, node, runs, when):
        def fact(kind, *rest):
            conditions = when if runs == "perhaps" else None
            return [node.lineno, runs, conditions, kind, *rest]

        match node:
            case ast.Import():
                return [fact("import", one.name, one.asname) for one in node.names]
            case ast.ImportFrom():
                module, level = node.module or "", node.level
                return [fact("from", module, level, one.name, one.asname or one.name) for one in node.names]
            case ast.Assign():
                targets = [*map(self.expression, node.targets)]
                return [fact("assignment", targets, None, self.expression(node.value), None)]
            case ast.AnnAssign():
                value = None if node.value is None else self.expression(node.value)
                target, annotation = self.expression(node.target), self.expression(node.annotation)
                return [fact("assignment", [target], annotation, value, None)]
            case ast.AugAssign():
                operator = ASSIGNED[type(node.op)]
                return [fact("assignment", [self.expression(node.target)], None, self.expression(node.value), operator)]
            case ast.TypeAlias():
                return [fact("assignment", [self.expression(node.name)], None, self.expression(node.value), None)]
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return [self.function(node, fact)]
            case ast.ClassDef():
                bases = [UNKNOWN if isinstance(base, ast.Starred) else self.expression(base) for base in node.bases]
                decorators = [*map(self.expression, node.decorator_list)]
                return [fact("class", node.name, decorators, bases, self.statements(node.body))]
            case ast.Return():
                return [fact("return", UNKNOWN if node.value is None else self.expression(node.value))]
            case ast.Expr():
                return [fact("expression", self.expression(node.value))]
            case ast.Delete():
                targets = node.targets
                if len(targets) == 1 and isinstance(targets[0], (ast.Tuple, ast.List)):
                    targets = targets[0].elts
                return [fact("delete", self.expression(target)) for target in targets]
            case ast.Global():
                return [fact("global", name) for name in node.names]
            case ast.If():
                return self.branches(node, runs, when)
            case ast.With() | ast.AsyncWith():
                return self.statements(node.body, runs, when)
            case ast.Try() | ast.TryStar():
                perhaps = inner(runs)
                return [
                    *self.statements(node.body, runs, when),
                    *(fact for one in node.handlers for fact in self.statements(one.body, perhaps, None)),
                    *self.statements(node.orelse, perhaps, None),
                    *self.statements(node.finalbody, runs, when),
                ]
            case ast.For() | ast.AsyncFor() | ast.While():
                perhaps = inner(runs)
                return self.statements([*node.body, *node.orelse], perhaps, None)
            case ast.Match():
                return [fact for one in node.cases for fact in self.statements(one.body, inner(runs), None)]
            case _:
                return []

    def function(self, node, fact):
        given = node.args
        positional = [*given.posonlyargs, *given.args]
        required = len(positional) - len(given.defaults)
        parameters = [[one.arg, index < required] for index, one in enumerate(positional)]
        parameters += [[one.arg, value is None] for one, value in zip(given.kwonlyargs, given.kw_defaults)]
        asynchronous = isinstance(node, ast.AsyncFunctionDef)
        returns = None if node.returns is None else self.expression(node.returns)
        decorators = [*map(self.expression, node.decorator_list)]
        body = self.statements(node.body)
        return fact("function", node.name, asynchronous, decorators, parameters, returns, body)

    def branches(self, node, runs, when, before=()):
        """`elif` is a condition behind those that did not hold; an `if` inside of `else` is the same."""
        test = self.expression(node.test)
        kind = kind_of(node.test)
        held = None if when is None else (*when, *before, [test, True])
        body = self.statements(node.body, "main" if kind == "main" else inner(runs), held)
        found = [] if kind == "never" else body
        failed = (*before, [test, False])
        if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            return found + self.branches(node.orelse[0], inner(runs), when, failed)
        otherwise = None if when is None else (*when, *failed)
        return found + self.statements(node.orelse, inner(runs), otherwise)


def inner(outer):
    return "main" if outer == "main" else "perhaps"


def kind_of(test):
    match test:
        case ast.Constant(value=None | False) | ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return "never"
        case ast.Constant(value=int(number)) if number == 0:
            return "never"
        case ast.Compare(ops=[ast.Eq()], left=left, comparators=[right]):
            sides = [left, right]
            named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
            main = any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)
            return "main" if named and main else "open"
        case _:
            return "open"


def facts_of(path):
    content = path.read_bytes()
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = io.TextIOWrapper(io.BytesIO(content), encoding, newline=None).read()
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return Facts(text).statements(tree.body)


def main(folder, output):
    root = Path(folder)
    with open(output, "w", encoding="ascii") as lines:
        for path in sorted(root.rglob("*.py")):
            if path.is_file() and not path.is_symlink():
                line = [str(path.relative_to(root)), facts_of(path)]
                lines.write(json.dumps(line, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    sys.setrecursionlimit(20_000)
    threading.stack_size(512 * 1024 * 1024)
    work = threading.Thread(target=main, args=sys.argv[1:])
    work.start()
    work.join()
