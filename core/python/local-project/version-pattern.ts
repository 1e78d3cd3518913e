/** Versions that backends look for in a file by a regular expression of Python's `re`. */
import { notStatic } from './not-static.ts';

/** What means the same to Python and JavaScript, and cannot take long: no repeated groups, no look-arounds. */
const PORTABLE = /^(?:[^\\()]|\\[dswDSWbB.\-[\](){}*+?|^$'"/=_]|\((?:\?:|\?P<[A-Za-z_]\w*>)?|\)(?![*+{]))*$/;
const LONGEST_TEXT = 1024 * 1024;

/**
 * A pattern that a project states, as one of JavaScript.
 *
 * @param flags `m` among them where lines are meant
 * @throws NotStatic for one that could mean something else here
 */
export function portablePattern(pattern: string, text: string): RegExp {
  const odd = /[\r\v\f\x85\u2028\u2029]|[^\0-\x7f]/.test(text);
  if (odd || text.length > LONGEST_TEXT || pattern.length > 300 || !PORTABLE.test(pattern))
    notStatic('its version is found by a pattern that only Python can apply');
  try {
    return new RegExp(pattern.replaceAll('(?P<', '(?<'), 'm');
  } catch {
    return notStatic('its version is found by a pattern that only Python can apply');
  }
}
