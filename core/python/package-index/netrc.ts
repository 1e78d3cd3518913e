/** Reads a netrc file: logins by host. What no host is named for (`default`) is left out, since it would go to anybody. */

/** A login of a netrc file. */
export interface NetrcLogin {
  readonly username: string;
  readonly password: string;
}

/** Host, in lower case → its login; the first entry of a host counts. */
export function parseNetrc(text: string): ReadonlyMap<string, NetrcLogin> {
  const logins = new Map<string, NetrcLogin>();
  const tokens = tokensOf(text);
  let host: string | undefined;
  let username = '';
  let password = '';
  const finish = (): void => {
    if (host !== undefined && !logins.has(host) && (username !== '' || password !== ''))
      logins.set(host, { username, password });
    host = undefined;
    username = '';
    password = '';
  };
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === 'default') finish();
    else if (token === 'machine') {
      finish();
      at += 1;
      host = tokens[at]?.toLowerCase();
    } else if (token === 'login' || token === 'user') {
      at += 1;
      username = tokens[at] ?? '';
    } else if (token === 'password') {
      at += 1;
      password = tokens[at] ?? '';
    } else if (token === 'account') at += 1;
  }
  finish();
  return logins;
}

/** Words, quoted or not. Macros end with an empty line, comments with their own. */
function tokensOf(text: string): readonly string[] {
  return text
    .replace(/\r\n/g, '\n')
    .replace(/^[ \t]*macdef\b[^\n]*\n(?:[^\n]+\n)*/gm, '\n')
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .flatMap((line) =>
      [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) =>
        (quoted ?? bare ?? '').replace(/\\(.)/g, '$1'),
      ),
    );
}
