/** What the examples of the hook reference use without saying what it is. Declarations alone: examples are compiled, not run. */
import type { Attachment } from '../../core/oci/image.ts';
import type { Platform } from '../../core/oci/platform.ts';
import type { PluginApi } from '../../core/pipeline/plugin.ts';
import type {
  BaseSource,
  Destination,
  FinishedImage,
  PythonInBase,
  WheelFile,
} from '../../core/pipeline/values.ts';

export declare const api: PluginApi;
export declare const houseBase: BaseSource;
export declare const cupboard: { find(name: string | undefined): Promise<WheelFile | undefined> };
export declare function houseToken(): Promise<string>;
export declare function knownPython(platform: Platform): PythonInBase;
export declare function notesFor(image: FinishedImage): Attachment;
export declare function tapeDrive(location: string): Destination;
export declare function frozen(): boolean;
