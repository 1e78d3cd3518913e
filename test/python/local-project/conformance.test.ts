import { expect, it } from 'vitest';
import { planLocalProject } from '../../../core/python/local-project/index.ts';
import { withConformance } from '../conformance.ts';
import { filesOf, surroundingsOf } from './project-files.ts';

interface Vector {
  readonly files: Readonly<Record<string, string>>;
  readonly wheel?: string;
  readonly error?: string;
  readonly expected?: readonly {
    readonly path: string;
    readonly mode: string;
    readonly size: number;
    readonly text?: string;
  }[];
}

/** Wheels that only the backend can build, and why. */
const LEFT_TO_THE_BACKEND: Readonly<Record<string, RegExp>> = {
  'setuptools-setup-py': /pyproject\.toml/,
};

withConformance<{ readonly projects: Readonly<Record<string, Vector>> }>(
  'local_project_vectors.json',
  ({ projects }) => {
    it('plans the wheels that the real backends built, and none where they refuse', async () => {
      const mismatches: unknown[] = [];
      for (const [name, vector] of Object.entries(projects)) {
        const plan = await planLocalProject(filesOf(vector.files), surroundingsOf(vector.files));
        const left = LEFT_TO_THE_BACKEND[name];
        if (left !== undefined || vector.error !== undefined) {
          if (plan.static || left?.test(plan.reason) === false) mismatches.push({ name, plan });
          continue;
        }
        const got = plan.static
          ? { wheel: plan.wheel.fileName, files: summaryOf(plan.wheel, vector.files) }
          : plan.reason;
        const expected = {
          wheel: vector.wheel,
          files: Object.fromEntries(
            (vector.expected ?? [])
              // What follows from the rest is not planned: installing writes one of its own.
              .filter(({ path }) => !path.endsWith('.dist-info/RECORD'))
              .map(({ path, mode, size, text }) => [
                path,
                [size, Number(mode), ...(text === undefined ? [] : [text])],
              ]),
          ),
        };
        try {
          expect(got).toEqual(expected);
        } catch {
          mismatches.push({ name, got, expected });
        }
      }
      expect(mismatches).toEqual([]);
    });
  },
);

type Wheel = Extract<Awaited<ReturnType<typeof planLocalProject>>, { static: true }>['wheel'];

/** Sizes and modes, and the texts of what is generated. */
function summaryOf({ files, distInfo }: Wheel, texts: Vector['files']): Record<string, unknown[]> {
  const summary: Record<string, unknown[]> = {};
  for (const file of files) {
    const bytes = 'bytes' in file ? file.bytes : Buffer.from(texts[file.source]!);
    const name = file.path.slice(distInfo.length + 1);
    const isText = file.path.startsWith(distInfo) && ['METADATA', 'WHEEL', 'entry_points.txt'].includes(name);
    summary[file.path] = [bytes.length, file.mode, ...(isText ? [bytes.toString()] : [])];
  }
  return summary;
}
