/** The names of one module while its statements are followed, each with the place where it was set last. */
import type { Place } from './errors.ts';
import type { Open, Value } from './value.ts';

/** The names of one module. */
export class Scope {
  readonly module: string;
  readonly path: string;
  readonly names = new Map<string, Value>();
  readonly places = new Map<string, Place>();
  /** What every name may have become that was not set since. */
  #anything: Open | undefined;

  constructor(module: string, path: string) {
    this.module = module;
    this.path = path;
  }

  look(name: string): Value | undefined {
    return this.names.get(name) ?? this.#anything;
  }

  set(name: string, value: Value, line: number): void {
    this.names.set(name, value);
    this.places.set(name, { file: this.path, line });
  }

  remove(name: string): void {
    this.names.delete(name);
    this.places.delete(name);
  }

  open(line: number, why: string): Open {
    return { kind: 'open', place: { file: this.path, line }, why };
  }

  /** What only the process's environment tells. */
  dependsOn(variable: string, line: number): Open {
    return { ...this.open(line, `it depends on the environment variable \`${variable}\``), variable };
  }

  /** From here on nothing is known any more, apart from what is set later. */
  forget(open: Open): void {
    this.#anything = open;
    this.names.clear();
  }
}
