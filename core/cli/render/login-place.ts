/** Where credentials are kept, as text. */
import type { LoginPlace } from '../../index.ts';
import { shownPath } from './location.ts';

/** As in `docker-credential-pass`, or a path. */
export function formatLoginPlace(place: LoginPlace, cwd: string): string {
  return place.kind === 'helper' ? `docker-credential-${place.name}` : shownPath(place.path, cwd);
}
