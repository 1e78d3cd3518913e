/** What a project's own wheel would hold, found without building it. Shapes alone. */

/** A file of the wheel: taken from the project as it lies there, or made of its metadata. */
export type PlannedFile = {
  /** In the wheel, `/`-separated. */
  readonly path: string;
  readonly mode: 0o644 | 0o755;
} & (
  | {
      /** Relative to the project's folder, `/`-separated. */
      readonly source: string;
    }
  | { readonly bytes: Buffer }
);

/** A wheel as the build backend would write it, but for RECORD, which follows from the rest. */
export interface PlannedWheel {
  /** `name-version-tag.whl`. */
  readonly fileName: string;
  /** Name of the `.dist-info` folder. */
  readonly distInfo: string;
  /** Sorted by path, each once. */
  readonly files: readonly PlannedFile[];
}

/** The plan, or why there is none. */
export type LocalPlan =
  | {
      readonly static: true;
      /** The backend whose rules were followed, as in `hatchling 1.32.4`. */
      readonly backend: string;
      readonly wheel: PlannedWheel;
    }
  | {
      readonly static: false;
      /** Half a sentence, as in "`version` is dynamic". */
      readonly reason: string;
    };
