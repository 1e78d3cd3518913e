/**
 * What maintainer scripts would have done that nothing here does. They never run; which of their commands
 * matter is decided by tables. The cures themselves are in `system/`.
 */

import type { BaseContext } from 'pycontainer';
import { baseName, PycError } from 'pycontainer';
import type { OpenedPackage } from './package-file.ts';
import { commandsOf } from './shell-commands.ts';
import { alternativesIn } from './system/alternatives.ts';

/** A script with commands that are left undone. */
export interface SkippedScript {
  readonly package: string;
  readonly script: string;
  /** Names of commands, and files that would have been written, sorted. */
  readonly commands: readonly string[];
}

/**
 * A Debian package's maintainer script does what is not done here: scripts never run, and only what Python and the
 * usual libraries need of them is made in another way. As a warning, the image lacks what the script would have
 * made; with `strict` it is an error.
 */
export class ScriptSkippedError extends PycError {
  readonly code = 'PYC_DEBIAN_SCRIPT_SKIPPED';
}

/**
 * Scripts that were read: what they do on a first installation is cured, or is nothing. `python3.*` compile
 * the standard library; libc6 looks at the kernel and at services; dash and bash claim `/bin/sh`.
 */
const KNOWN: readonly RegExp[] = [
  /^(base-files|base-passwd|bash|ca-certificates|dash|debianutils|libc-bin|git|libc6|libgcrypt20|libgssapi-krb5-2|libpam0g|netbase|openssl|readline-common|tzdata)$/,
  /^(lib)?python3(\.\d+)?(-minimal|-stdlib)?$/,
];

/**
 * Commands that ask, or that keep caches, menus, services and byte-code which an image does without. Scripts
 * call `systemd-tmpfiles` only where systemd is there; `systemd-sysusers` is cured.
 */
const HARMLESS: ReadonlySet<string> = new Set(
  [
    '. : [ break cd command continue echo eval exec exit export false getopts hash local printf pwd read return set shift test trap true type ulimit umask unset wait',
    'awk basename cat cmp cut date dirname egrep expr fgrep find getent grep head id ischroot ls md5sum mktemp readlink realpath sed seq sha256sum sleep sort stat sync tail tempfile tr tty uname uniq wc which xargs',
    'dpkg dpkg-architecture dpkg-maintscript-helper dpkg-query dpkg-realpath dpkg-trigger dpkg-vendor db_capb db_fget db_fset db_get db_go db_input db_metaget db_purge db_register db_reset db_set db_settitle db_stop db_subst db_title db_unregister db_version',
    'deb-systemd-helper deb-systemd-invoke initctl invoke-rc.d pidof pkill kill service start-stop-daemon systemctl systemd-sysusers systemd-tmpfiles udevadm update-rc.d',
    'install-docs install-info ldconfig mandb py3clean py3compile pycompile pypy3compile restorecon selinuxenabled',
    'gtk-update-icon-cache update-binfmts update-desktop-database update-icon-caches update-initramfs update-menus update-mime update-mime-database update-shells',
    'rm rmdir',
  ].flatMap((line) => line.split(' ')),
);

/** The scripts of packages that leave something undone, in order of package. */
export function skippedScripts(packages: readonly OpenedPackage[]): readonly SkippedScript[] {
  return packages.flatMap(({ file, scripts }) =>
    KNOWN.some((pattern) => pattern.test(file.name))
      ? []
      : [...scripts].flatMap(([script, text]) => {
          const commands = undone(text);
          return commands.length === 0 ? [] : [{ package: file.name, script, commands }];
        }),
  );
}

/**
 * One warning a script.
 *
 * @throws ScriptSkippedError listing all of them where `strict` is set
 */
export function tellSkipped(
  skipped: readonly SkippedScript[],
  strict: boolean,
  log: BaseContext['log'],
): void {
  if (skipped.length === 0) return;
  if (strict) {
    const names = [...new Set(skipped.map((one) => `\`${one.package}\``))].join(', ');
    throw new ScriptSkippedError(`the scripts of ${names} do what is not done here, and \`strict\` is set`, {
      hint: 'exclude the packages, or unset `strict` once you know that nothing is missing',
      details: skipped,
    });
  }
  for (const one of skipped) {
    log.warn({
      code: 'PYC_DEBIAN_SCRIPT_SKIPPED',
      message: `the ${one.script} of \`${one.package}\` is not run; it calls ${one.commands.map((each) => `\`${each}\``).join(', ')}`,
      hint: 'see whether your program needs what it does, and add that by a plugin; `strict: true` makes this an error',
    });
  }
}

function undone(script: string): readonly string[] {
  const functions = new Set(
    [...script.matchAll(/^\s*([A-Za-z_][A-Za-z0-9_-]*)\s*\(\s*\)/gm)].map((match) => match[1]!),
  );
  const literal = alternativesIn(script).length;
  const found = new Set<string>();
  let installed = 0;
  for (const { words, writes } of commandsOf(script)) {
    for (const path of writes) found.add(`> ${path}`);
    const command = baseName(words[0] ?? '');
    if (command === '' || functions.has(command) || HARMLESS.has(command)) continue;
    if (command === 'update-alternatives') {
      if (words.includes('--install')) installed += 1;
      continue;
    }
    if (isProtective(command, words)) continue;
    found.add(command);
  }
  if (installed > literal) found.add('update-alternatives');
  return [...found].sort();
}

/** Diversions that guard the move to `/usr` change no file, and removing one undoes what never was. */
function isProtective(command: string, words: readonly string[]): boolean {
  if (command !== 'dpkg-divert') return false;
  return words.some(
    (word) =>
      word.endsWith('.usr-is-merged') || word === '--remove' || word === '--list' || word === '--truename',
  );
}
