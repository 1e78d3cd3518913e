/** Matchers for what `buildInMemory` gives, in the shape that `expect.extend` of vitest, jest and bun takes; they know none of these. */
import { normalizeName } from '../../python/name.ts';
import { differencesOf } from './difference.ts';
import { entry, missingFile } from './lookup.ts';
import {
  answer,
  answerOf,
  type ExpectedText,
  fits,
  type MatcherContext,
  type MatcherResult,
  octal,
  shown,
} from './result.ts';
import { attachmentsOf, imageOf, reportOf } from './subject.ts';

/**
 * What `expect` gains, as TypeScript sees it. All but the first three take an image as well as a build that has one image
 * alone; those take a report as well.
 */
export interface BuildMatchers<R = void> {
  /** The build succeeded. */
  toBeBuilt(): R;
  /** The build failed with this code, and with this message where one is given. */
  toFailWith(code: string, message?: ExpectedText): R;
  /** The build warned with this code, and with this message where one is given. */
  toWarnWith(code: string, message?: ExpectedText): R;
  /** A file lies at the path, with or without a leading slash; with this content and these permission bits where given. */
  toHaveFile(path: string, content?: ExpectedText | Uint8Array, mode?: number): R;
  toHaveLabel(name: string, value?: ExpectedText): R;
  /** Of the manifest. */
  toHaveAnnotation(name: string, value?: ExpectedText): R;
  toHaveEnv(name: string, value?: ExpectedText): R;
  /** What the image starts: its entry point with its arguments, all of it. */
  toHaveCommand(command: readonly string[]): R;
  /** The distribution went in, by its name in any spelling. */
  toHaveDistribution(name: string, version?: ExpectedText): R;
  toHaveLayer(name: string): R;
  /** Something of this artifact type belongs to the image; of a build with several images, to any of them. */
  toHaveAttachment(type: string, content?: ExpectedText): R;
  /** Both are the same, byte for byte; says where they differ. */
  toBeSameImageAs(other: unknown): R;
}

/** A matcher by itself. */
export type Matcher = (this: MatcherContext, received: unknown, ...expected: never[]) => MatcherResult;

/** For `expect.extend(matchers)`. */
export const matchers = {
  toBeBuilt(received: unknown): MatcherResult {
    const { ok, error } = reportOf(received);
    const hint = error?.hint === null ? '' : `\nhint: ${error?.hint}`;
    const details = (error?.details ?? []).map((detail) => `\n- ${shown(detail)}`).join('');
    const why = `${error?.code}: ${error?.message}${hint}${details}`;
    return answer(
      ok,
      () => `the build failed with ${why}`,
      () => 'the build succeeded, and should not have',
    );
  },

  toFailWith(this: MatcherContext, received: unknown, code: string, message?: ExpectedText): MatcherResult {
    const { error } = reportOf(received);
    const failed =
      error === null ? 'the build succeeded' : `the build failed with ${error.code}: ${error.message}`;
    const isMeant = error?.code === code && (message === undefined || fits(error.message, message, this));
    const wanted = message === undefined ? code : `${code}: ${shown(message)}`;
    return answer(
      isMeant,
      () => `${failed}\n\nexpected: ${wanted}`,
      () => `${failed}, and should not have`,
    );
  },

  toWarnWith(this: MatcherContext, received: unknown, code: string, message?: ExpectedText): MatcherResult {
    const { warnings } = reportOf(received);
    const said = warnings.map((warning) => `\n- ${warning.code}: ${warning.message}`).join('');
    const isMeant = warnings.some(
      (warning) => warning.code === code && (message === undefined || fits(warning.message, message, this)),
    );
    const wanted = message === undefined ? code : `${code}: ${shown(message)}`;
    return answer(
      isMeant,
      () =>
        `the build did not warn with ${wanted}; ${said === '' ? 'it warned of nothing' : `it warned with${said}`}`,
      () => `the build warned with${said}`,
    );
  },

  toHaveFile(
    this: MatcherContext,
    received: unknown,
    path: string,
    content?: ExpectedText | Uint8Array,
    mode?: number,
  ): MatcherResult {
    const wanted = path.replace(/^\/+/, '');
    const image = imageOf(received);
    const file = image.files.get(wanted);
    if (file?.type !== 'file') {
      const is = file?.type === 'symlink' ? `symlink to \`${file.target}\`` : file?.type;
      const why = is === undefined ? missingFile(image, wanted) : `\`${wanted}\` is a ${is}, not a file`;
      return { pass: false, message: () => why };
    }
    if (mode !== undefined && file.mode !== mode) {
      const why = `\`${wanted}\` has the mode ${octal(file.mode)}, not ${octal(mode)}`;
      return { pass: false, message: () => why };
    }
    const what = `the content of \`${wanted}\``;
    if (content instanceof Uint8Array) {
      const isSame = Buffer.compare(file.bytes, content) === 0;
      const other = `${what} is ${file.bytes.length} bytes that are not the ${content.length} expected ones`;
      return answer(
        isSame,
        () => other,
        () => `${what} is these ${content.length} bytes, and should not be`,
      );
    }
    if (content !== undefined) return answerOf(what, file.text(), content, this);
    return { pass: true, message: () => `the image has a file \`${wanted}\`, and should not` };
  },

  toHaveLabel(this: MatcherContext, received: unknown, name: string, value?: ExpectedText): MatcherResult {
    return entry('label', imageOf(received).labels, name, value, this);
  },

  toHaveAnnotation(
    this: MatcherContext,
    received: unknown,
    name: string,
    value?: ExpectedText,
  ): MatcherResult {
    return entry('annotation', imageOf(received).annotations, name, value, this);
  },

  toHaveEnv(this: MatcherContext, received: unknown, name: string, value?: ExpectedText): MatcherResult {
    return entry('environment variable', imageOf(received).env, name, value, this);
  },

  toHaveCommand(received: unknown, command: readonly string[]): MatcherResult {
    const { entrypoint, cmd } = imageOf(received);
    const started = [...entrypoint, ...cmd];
    return answer(
      JSON.stringify(started) === JSON.stringify(command),
      () => `the image starts another command\n\nexpected: ${shown(command)}\nis:       ${shown(started)}`,
      () => `the image starts ${shown(started)}, and should not`,
    );
  },

  toHaveDistribution(
    this: MatcherContext,
    received: unknown,
    name: string,
    version?: ExpectedText,
  ): MatcherResult {
    const { distributions } = imageOf(received);
    const versions = Object.fromEntries(
      distributions.map((each) => [normalizeName(each.name), each.version]),
    );
    return entry('distribution', versions, normalizeName(name), version, this);
  },

  toHaveLayer(this: MatcherContext, received: unknown, name: string): MatcherResult {
    const layers = imageOf(received).layers.map((layer) => [layer.name, ''] as const);
    return entry('layer', Object.fromEntries(layers), name, undefined, this);
  },

  toHaveAttachment(
    this: MatcherContext,
    received: unknown,
    type: string,
    content?: ExpectedText,
  ): MatcherResult {
    const all = attachmentsOf(received);
    const ofType = all.filter((attachment) => attachment.type === type);
    const found = ofType.find(
      (attachment) => content === undefined || fits(attachment.text(), content, this),
    );
    const best = found ?? ofType[0];
    const texts = Object.fromEntries(all.map((attachment) => [attachment.type, attachment.text()]));
    return entry(
      'attachment',
      best === undefined ? texts : { ...texts, [type]: best.text() },
      type,
      content,
      this,
    );
  },

  toBeSameImageAs(received: unknown, other: unknown): MatcherResult {
    const differences = differencesOf(imageOf(received), imageOf(other));
    return answer(
      differences.length === 0,
      () => ['the images differ', '', ...differences.map((line) => `- ${line}`)].join('\n'),
      () => 'the images are the same, and should not be',
    );
  },
} satisfies Readonly<Record<keyof BuildMatchers, Matcher>>;
