import { expect, it } from 'vitest';
import { readLock } from '../../../core/python/lock/index.ts';

const LOCKS = {
  'uv.lock': `version = 1
requires-python = ">=3.9"
[[package]]
name = "a"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example.org/a-1.0-py3-none-any.whl", hash = "sha256:aa" }]
[[package]]
name = "b"
version = "1.0"
source = { git = "https://example.org/b#0123456789012345678901234567890123456789" }
`,
  'pylock.toml': `lock-version = "1.0"
created-by = "test"
[[packages]]
name = "a"
version = "1.0"
wheels = [{ url = "https://files.example.org/a-1.0-py3-none-any.whl", hashes = { sha256 = "aa" } }]
[[packages]]
name = "b"
version = "1.0"
directory = { path = "b" }
`,
  'poetry.lock': `[[package]]
name = "a"
version = "1.0"
optional = false
python-versions = "*"
groups = ["main"]
files = [{ file = "a-1.0-py3-none-any.whl", hash = "sha256:aa" }]
[[package]]
name = "b"
version = "1.0"
optional = false
python-versions = "*"
groups = ["main"]
files = []
[package.source]
type = "directory"
url = "b"
[metadata]
lock-version = "2.1"
python-versions = "*"
`,
  'pdm.lock': `[metadata]
groups = ["default"]
strategy = ["inherit_metadata"]
lock_version = "4.5.0"
[[package]]
name = "a"
version = "1.0"
groups = ["default"]
files = [{ file = "a-1.0-py3-none-any.whl", hash = "sha256:aa" }]
[[package]]
name = "a"
version = "1.0"
extras = ["more"]
groups = ["default"]
files = [{ file = "a-1.0-py3-none-any.whl", hash = "sha256:aa" }]
[[package]]
name = "b"
version = "1.0"
path = "./b"
groups = ["default"]
files = []
`,
  'Pipfile.lock': JSON.stringify({
    _meta: { 'pipfile-spec': 6, sources: [] },
    default: { a: { version: '==1.0', hashes: ['sha256:aa'] }, b: { path: './b' } },
    develop: { a: { version: '==1.0', hashes: ['sha256:aa'] } },
  }),
  'requirements.txt': 'a==1.0 --hash=sha256:aa\n./b/b-1.0-py3-none-any.whl --hash=sha256:bb\n',
};

it('are told of every format: versions of indexes, each once, with the hashes of all its files', async () => {
  for (const [name, text] of Object.entries(LOCKS)) {
    const lock = await readLock(name, text, { directory: '/project', pathKind: () => 'file' });
    expect([name, lock.pins?.()]).toEqual([name, [{ name: 'a', version: '1.0', hashes: ['sha256:aa'] }]]);
  }
});
