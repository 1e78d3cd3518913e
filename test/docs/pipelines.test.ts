import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ReportedUnit } from '../../core/pipeline/report.ts';
import { commandsOf, objectionTo } from './commands.ts';
import { type Block, type Page, readPages } from './markdown.ts';

type Table = Readonly<Record<string, unknown>>;

const pages = readPages();
const blocks = pages.flatMap((page) => page.blocks.filter(({ language }) => language === 'yml'));
const documents = blocks.map((block) => ({ block, value: parse(block.code) as Table }));
const tables = (value: unknown): readonly Table[] => (Array.isArray(value) ? (value as Table[]) : []);

/** What the real parser objects to in scripts, with a value in place of what is filled in where they run. */
async function objections(scripts: readonly string[], { place }: Block): Promise<readonly unknown[]> {
  const page: Page = {
    path: place,
    text: '',
    blocks: scripts.map((script) => ({
      language: 'sh',
      code: script.replaceAll(/\$\{\{.*?\}\}|\$shard\/4/g, '1/4').replaceAll('$shard', '1'),
      place,
    })),
  };
  const found = await Promise.all(commandsOf(page).map(objectionTo));
  return found.filter((one) => one !== undefined);
}

describe('a workflow on GitHub that a page shows', () => {
  const workflows = documents.filter(({ value }) => 'jobs' in value);

  it('has jobs with steps, and refers to what there is', () => {
    expect(workflows.length).toBeGreaterThan(0);
    const faults = workflows.flatMap(({ block, value }) => {
      const jobs = value.jobs as Readonly<Record<string, Table>>;
      return Object.entries(jobs).flatMap(([name, job]) => {
        const fault = (what: string): string => `${block.place}: ${name}: ${what}`;
        const steps = tables(job.steps);
        const needs = [job.needs ?? []].flat() as string[];
        const text = JSON.stringify(job);
        const ids = steps.map(({ id }) => id);
        return [
          ...('runs-on' in job && steps.length > 0 ? [] : [fault('runs nowhere, or nothing')]),
          ...steps
            .filter((step) => 'uses' in step === 'run' in step)
            .map(() => fault('a step does not one thing')),
          ...needs.filter((other) => !(other in jobs)).map((other) => fault(`needs ${other}`)),
          ...[...text.matchAll(/needs\.([\w-]+)\.outputs\.([\w-]+)/g)]
            .filter(
              ([, other = '', output = '']) =>
                !needs.includes(other) || !(output in ((jobs[other]?.outputs ?? {}) as Table)),
            )
            .map(([said]) => fault(said)),
          ...[...text.matchAll(/steps\.([\w-]+)\.outputs/g)]
            .filter(([, id]) => !ids.includes(id))
            .map(([said]) => fault(said)),
        ];
      });
    });
    expect(faults).toEqual([]);
  });

  it('runs commands that the command line accepts', async () => {
    const found = await Promise.all(
      workflows.map(({ block, value }) => {
        const steps = Object.values(value.jobs as Readonly<Record<string, Table>>).flatMap((job) =>
          tables(job.steps),
        );
        return objections(
          steps.flatMap(({ run }) => (typeof run === 'string' ? [run] : [])),
          block,
        );
      }),
    );
    expect(found.flat()).toEqual([]);
  });
});

describe('a Job of Kubernetes that a page shows', () => {
  const jobs = documents.filter(({ value }) => value.kind === 'Job');

  it('has a pod for each shard, with volumes that exist, and commands that are accepted', async () => {
    expect(jobs.length).toBeGreaterThan(0);
    for (const { block, value } of jobs) {
      const spec = value.spec as Table;
      expect(value).toMatchObject({ apiVersion: 'batch/v1', spec: { completionMode: 'Indexed' } });
      const pod = (spec.template as Table).spec as Table;
      expect(pod.restartPolicy).toBe('Never');
      const volumes = tables(pod.volumes).map(({ name }) => name);
      for (const container of tables(pod.containers)) {
        expect(volumes).toEqual(
          expect.arrayContaining(tables(container.volumeMounts).map(({ name }) => name)),
        );
        const scripts = container.args as string[];
        expect(scripts.join('')).toContain(`/${String(spec.completions)}"`);
        expect(await objections(scripts, block)).toEqual([]);
      }
    }
  });
});

describe('JSON for many machines', () => {
  it('is JSON, and a plan is shown as it is printed', () => {
    const page = pages.find(({ path }) => path === 'docs/guide/many-machines.md');
    const [shown, ...others] = page!.blocks
      .filter(({ language }) => language === 'json')
      .map(({ code }) => JSON.parse(code) as { readonly units: readonly object[] });
    expect(others.length).toBeGreaterThan(0);
    const unit: Readonly<Record<keyof ReportedUnit, true>> = {
      image: true,
      platform: true,
      inputs: true,
      base: true,
      tags: true,
      outputs: true,
      shard: true,
    };
    expect(shown!.units.map(Object.keys)).toEqual([Object.keys(unit)]);
  });
});
