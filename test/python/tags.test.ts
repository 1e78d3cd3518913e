import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  bestRank,
  compatibleTags,
  parseTags,
  platformTags,
  sortByTags,
  tagRanks,
} from '../../core/python/tags.ts';
import { machineOf, markerEnvironment, type PythonTarget } from '../../core/python/target.ts';
import { codeOf, Mismatches, withConformance } from './conformance.ts';

type LibcFamily = PythonTarget['libc']['family'];

interface Order {
  readonly platform_tags: Readonly<
    Record<string, { libc: LibcFamily; version: string; arch: string; platform_tags: string[] }>
  >;
  readonly targets: readonly {
    base: string;
    libc: LibcFamily;
    libc_version: string;
    arch: string;
    python: string;
    freethreaded: boolean;
    count: number;
    tags?: string[];
    sha256_of_newline_joined: string;
  }[];
}

interface Vectors {
  readonly order_A: Order;
  readonly order_B: Order;
  readonly uv_snapshots: Readonly<Record<string, { snapshots?: string[][]; tags?: string[] }>>;
}

const TARGET: PythonTarget = {
  implementation: 'cpython',
  version: '3.12.7',
  abi: 'cp312',
  os: 'linux',
  architecture: 'amd64',
  libc: { family: 'glibc', version: '2.36' },
};

describe('compatibleTags', () => {
  it('prefers the target over older stable ABIs, and these over pure wheels', () => {
    const tags = compatibleTags(TARGET);
    const places = [
      'cp312-cp312-manylinux_2_36_x86_64',
      'cp312-cp312-manylinux2014_x86_64',
      'cp312-cp312-manylinux_2_16_x86_64',
      'cp312-cp312-linux_x86_64',
      'cp312-abi3-manylinux_2_36_x86_64',
      'cp312-none-linux_x86_64',
      'cp311-abi3-manylinux_2_17_x86_64',
      'cp32-abi3-linux_x86_64',
      'py312-none-manylinux_2_36_x86_64',
      'cp312-none-any',
      'py3-none-any',
    ].map((tag) => tags.indexOf(tag));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(new Set(tags).size).toBe(tags.length);
  });

  it('lets debug builds load what was made for ordinary ones, and free-threaded ones no `abi3`', () => {
    const heads = (version: string, abi: string) => [
      ...new Set(
        compatibleTags({ ...TARGET, version, abi })
          .filter((tag) => tag.startsWith(`cp${version.replace(/^3[.](\d+).*/, '3$1')}-`))
          .map((tag) => tag.split('-')[1]),
      ),
    ];
    expect(heads('3.13.0', 'cp313d')).toEqual(['cp313d', 'cp313', 'abi3', 'none']);
    expect(heads('3.14.0', 'cp314td')).toEqual(['cp314td', 'cp314t', 'abi3t', 'none']);
    expect(heads('3.14.0', 'cp314t')).toEqual(['cp314t', 'abi3t', 'none']);
  });

  it('gives PyPy its own ABI and the pure wheels of its major version', () => {
    const tags = compatibleTags({
      ...TARGET,
      implementation: 'pypy',
      version: '3.10.14',
      abi: 'pypy310_pp73',
    });
    expect(tags[0]).toBe('pp310-pypy310_pp73-manylinux_2_36_x86_64');
    expect(tags).toContain('pp310-none-linux_x86_64');
    expect(tags).toContain('pp3-none-any');
    expect(tags.filter((tag) => tag.startsWith('cp'))).toEqual([]);
  });

  it('never gives a free-threaded build the ordinary stable ABI', () => {
    const tags = compatibleTags({ ...TARGET, version: '3.14.0', abi: 'cp314t' });
    expect(tags[0]).toBe('cp314-cp314t-manylinux_2_36_x86_64');
    expect(tags.filter((tag) => tag.includes('-abi3-'))).toEqual([]);
  });

  it('takes only what the machine can run where PEP 600 does not know it', () => {
    expect(platformTags({ family: 'glibc', version: '2.36' }, 'armv6l')).toEqual(['linux_armv6l']);
  });

  it('refuses a target that is none', () => {
    expect(codeOf(() => compatibleTags({ ...TARGET, version: 'three' }))).toBe('PYC_PYTHON_TARGET_INVALID');
    expect(codeOf(() => compatibleTags({ ...TARGET, libc: { family: 'musl', version: 'new' } }))).toBe(
      'PYC_PYTHON_TARGET_INVALID',
    );
  });
});

describe('markerEnvironment', () => {
  it('describes the target and never a kernel', () => {
    expect(markerEnvironment({ ...TARGET, version: '3.14.0rc2', architecture: 'arm64' })).toEqual({
      python_version: '3.14',
      python_full_version: '3.14.0rc2',
      os_name: 'posix',
      sys_platform: 'linux',
      platform_release: '',
      platform_system: 'Linux',
      platform_version: '',
      platform_machine: 'aarch64',
      platform_python_implementation: 'CPython',
      implementation_name: 'cpython',
      implementation_version: '3.14.0rc2',
    });
  });

  it.each([
    ['amd64', undefined, 'x86_64'],
    ['arm64', 'v8', 'aarch64'],
    ['arm', 'v7', 'armv7l'],
    ['arm', undefined, 'armv7l'],
    ['arm', 'v6', 'armv6l'],
    ['386', undefined, 'i686'],
    ['ppc64le', undefined, 'ppc64le'],
    ['s390x', undefined, 's390x'],
    ['riscv64', undefined, 'riscv64'],
  ])('calls %s %s %s', (architecture, variant, machine) => {
    expect(machineOf({ architecture, variant })).toBe(machine);
  });
});

describe('parseTags', () => {
  it('takes compressed sets apart', () => {
    expect(parseTags('py2.py3-none-any')).toEqual(['py2-none-any', 'py3-none-any']);
    expect(parseTags('CP312-abi3-linux_x86_64.linux_x86_64')).toEqual(['cp312-abi3-linux_x86_64']);
  });

  it('refuses empty parts, too many parts and foreign characters', () => {
    for (const text of [
      '',
      'py3',
      'py3-none',
      'py3-none-any-any',
      'py3..py2-none-any',
      'py3-none-../x',
      '3-none-any',
    ]) {
      expect(codeOf(() => parseTags(text))).toBe('PYC_TAG_INVALID');
    }
  });

  it('ranks by the best of several tags', () => {
    const ranks = tagRanks(['a', 'b', 'a']);
    expect([bestRank(['b', 'a'], ranks), bestRank(['c'], ranks)]).toEqual([0, Number.POSITIVE_INFINITY]);
    expect(sortByTags(['b', 'c', 'a'], ['a', 'b'], (tag) => [tag])).toEqual(['a', 'b']);
  });
});

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  i686: '386',
};

withConformance<Vectors>('packaging/tags.json', (vectors) => {
  // The data calls the order with `linux_*` last A; its README calls it B. Ours is that order, as uv's is.
  const order = vectors.order_A;

  describe('compatibleTags and the standard vectors', () => {
    it('orders as uv does', () => {
      const uv = vectors.uv_snapshots;
      const target = {
        ...TARGET,
        version: '3.9.0',
        abi: 'cp39',
        libc: { family: 'glibc', version: '2.28' },
      } as const;
      expect(compatibleTags(target)).toEqual(uv.test_system_tags_manylinux?.snapshots?.[0]);
      expect(platformTags({ family: 'musl', version: '1.2' }, 'x86_64')).toEqual(
        uv.test_platform_tags_musllinux?.tags,
      );
    });

    it('gives each platform its tags', () => {
      const wrong = new Mismatches();
      for (const [name, { libc, version, arch, platform_tags }] of Object.entries(order.platform_tags)) {
        wrong.compare(name, platformTags({ family: libc, version }, arch), platform_tags);
      }
      expect(wrong.list).toEqual([]);
    });

    it('gives each target its tags', () => {
      const wrong = new Mismatches();
      for (const row of order.targets) {
        const tags = compatibleTags({
          implementation: 'cpython',
          version: `${row.python}.0`,
          abi: `cp${row.python.replace('.', '')}${row.freethreaded ? 't' : ''}`,
          os: 'linux',
          architecture: ARCHITECTURES[row.arch] ?? row.arch,
          libc: { family: row.libc, version: row.libc_version },
        });
        const digest = createHash('sha256').update(tags.join('\n')).digest('hex');
        wrong.compare(
          [row.base, row.arch, row.python],
          [tags.length, digest],
          [row.count, row.sha256_of_newline_joined],
        );
        if (row.tags !== undefined) wrong.compare([row.base, row.arch, row.python], tags, row.tags);
      }
      expect(wrong.list).toEqual([]);
    });
  });
});
