/**
 * The Python program that compiles modules: it runs in the host's interpreter, reads sources from standard input and writes
 * what belongs into `__pycache__`. It executes nothing of what it compiles.
 *
 * Bytecode is marshalled, and marshal marks an object as one that may be referred to later by how many references it has in
 * this process: the same module has other bytes after other modules (CPython's issue 78274). The marks that nothing refers
 * to are taken out and the others counted anew, after which the bytes depend on the source and the version alone. Before
 * 3.11, sets of constants are written in the order of their hashes; modules with one that holds anything but texts, bytes and
 * integers are left to be compiled where they run.
 */

/** Answers with one line of JSON: what bytecode depends on. */
export const PROBE = `
import json, sys
from importlib.util import MAGIC_NUMBER
info = sys.version_info
print(json.dumps({
    'executable': sys.executable,
    'implementation': sys.implementation.name,
    'version': '%d.%d.%d' % info[:3] + ('' if info[3] == 'final' else '%s%d' % (info[3], info[4])),
    'magic': MAGIC_NUMBER.hex(),
    'cacheTag': sys.implementation.cache_tag,
    'flags': getattr(sys, 'abiflags', ''),
}))
`;

/**
 * Takes frames of path and source, each a length of four bytes (little-endian) and as many bytes; gives a frame for each in
 * their order: a hash-based .pyc that is never checked against its source (PEP 552), empty for what cannot be compiled.
 */
export const COMPILER = `
import sys
sys.path = [path for path in sys.path if path not in ('', '.')]
import marshal, struct
from importlib.util import MAGIC_NUMBER, source_hash

LONG = struct.Struct('<I')
FIXED = {'0': 0, 'N': 0, 'F': 0, 'T': 0, 'S': 0, '.': 0, 'i': 4, 'I': 8, 'g': 8, 'y': 16}
CODE = (20, 8, 4, 2) if sys.version_info >= (3, 11) else (24, 8, 4, 1)

def canonical(data):
    pieces, marked, used = [], [], set()
    at = 0

    def take(count):
        nonlocal at
        pieces.append(data[at:at + count])
        at += count

    def number(size):
        nonlocal at
        value = int.from_bytes(data[at:at + size], 'little', signed=size == 4)
        take(size)
        return value

    def read():
        nonlocal at
        kind = chr(data[at] & 0x7f)
        if kind == 'r':
            old, = LONG.unpack_from(data, at + 1)
            used.add(old)
            pieces.append(old)
            at += 5
            return kind
        if data[at] & 0x80:
            marked.append(len(pieces))
        pieces.append(kind.encode())
        at += 1
        if kind in FIXED:
            take(FIXED[kind])
        elif kind in 'stuaA':
            take(number(4))
        elif kind in 'zZf':
            take(number(1))
        elif kind == 'l':
            take(2 * abs(number(4)))
        elif kind in '([<>':
            for _ in range(number(4)):
                read()
        elif kind == ')':
            for _ in range(number(1)):
                read()
        elif kind == ':':
            for _ in range(3):
                read()
        elif kind == 'c':
            for step, count in enumerate(CODE):
                if step % 2 == 0:
                    take(count)
                else:
                    for _ in range(count):
                        read()
        else:
            raise ValueError('marshal has a type that is not known here: %r' % kind)
        return kind

    read()
    if at != len(data):
        raise ValueError('marshal has more than one value')
    anew = {}
    for old, place in enumerate(marked):
        if old in used:
            anew[old] = len(anew)
            pieces[place] = bytes([pieces[place][0] | 0x80])
    return b''.join(b'r' + LONG.pack(anew[piece]) if type(piece) is int else piece for piece in pieces)

def is_ordered(code):
    for constant in code.co_consts:
        if isinstance(constant, frozenset) and not all(type(one) in (str, bytes, int) for one in constant):
            return False
        if isinstance(constant, type(code)) and not is_ordered(constant):
            return False
    return True

def is_same(a, b):
    # The second format has no references: what it gives are the values alone. It has no slices either.
    try:
        return marshal.dumps(a, 2) == marshal.dumps(b, 2)
    except ValueError:
        return a == b

def compiled(path, source):
    try:
        code = compile(source, path, 'exec', dont_inherit=True, optimize=0)
        if sys.version_info < (3, 11) and not is_ordered(code):
            return b''
        body = canonical(marshal.dumps(code))
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError, UnicodeError):
        return b''
    if not is_same(marshal.loads(body), code):
        return b''
    return MAGIC_NUMBER + LONG.pack(1) + source_hash(source) + body

def frame():
    head = sys.stdin.buffer.read(4)
    return None if len(head) < 4 else sys.stdin.buffer.read(LONG.unpack(head)[0])

while True:
    path = frame()
    if path is None:
        break
    result = compiled(path.decode(), frame())
    sys.stdout.buffer.write(LONG.pack(len(result)) + result)
sys.stdout.buffer.flush()
`;
