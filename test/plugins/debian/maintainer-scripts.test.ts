import { describe, expect, it } from 'vitest';
import { skippedScripts } from '../../../plugins/debian/maintainer-scripts.ts';
import type { OpenedPackage } from '../../../plugins/debian/package-file.ts';
import { commandsOf } from '../../../plugins/debian/shell-commands.ts';
import { alternativesIn } from '../../../plugins/debian/system/alternatives.ts';

const words = (script: string) => commandsOf(script).map((command) => command.words.join(' '));

function undone(script: string, name = 'thing'): readonly string[] {
  const opened = { file: { name }, scripts: new Map([['postinst', script]]) } as unknown as OpenedPackage;
  return skippedScripts([opened]).flatMap(({ commands }) => commands);
}

describe('the commands of a script', () => {
  it('are found in branches, loops, cases, functions and subshells', () => {
    const script = `#!/bin/sh
set -e
make() { mkdir -p "$1"; }
if [ "$1" = configure ] && test -x /bin/x; then chmod 755 'a b'; fi
for d in a b; do rmdir $d || true; done
case "$1" in
  configure|abort-*) (cd / && touch x) ;;
  (triggered) ldconfig;;
  *) echo "no \`$1'" >&2; exit 1 ;;
esac # chown root x
X=1 run --y`;
    expect(words(script)).toEqual([
      'set -e',
      'mkdir -p $1',
      '[ $1 = configure ]',
      'test -x /bin/x',
      'chmod 755 a b',
      'rmdir $d',
      'true',
      'cd /',
      'touch x',
      'ldconfig',
      "echo no `$1'",
      'exit 1',
      'run --y',
    ]);
  });

  it('do not include here-documents, and say where output goes', () => {
    const script = 'cat > /etc/x <<-EOF\n\trm -rf /\n\tEOF\necho y >> "/etc/y" 2>/dev/null\necho z 2>&1 >&2';
    expect(commandsOf(script)).toEqual([
      { words: ['cat'], writes: ['/etc/x'] },
      { words: ['echo', 'y'], writes: ['/etc/y'] },
      { words: ['echo', 'z'], writes: [] },
    ]);
  });

  it('are read to the end of a damaged script', () => {
    for (const script of ['a "b', "a 'b", 'a $(b', 'a ${b', 'a `b', 'a <<E', 'a >', ')', '((', 'case'])
      commandsOf(script);
    expect(words('a; b "c')).toEqual(['a', 'b c']);
  });
});

describe('a maintainer script', () => {
  it('leaves nothing undone where it only keeps caches and services', () => {
    const script = `#!/bin/sh
if [ "$1" = "configure" ] && which py3compile >/dev/null 2>&1; then py3compile -p thing; fi
deb-systemd-helper unmask thing.service >/dev/null || true
dpkg-maintscript-helper rm_conffile /etc/x 1.0 -- "$@"
ldconfig
update-alternatives --install /usr/bin/x x /usr/bin/y 5
dpkg-divert --add --no-rename --divert /lib64.usr-is-merged /lib64
exit 0`;
    expect(undone(script)).toEqual([]);
  });

  it('is reported with what it would have done', () => {
    const script =
      'adduser --system x\necho 1 > /etc/x\nupdate-alternatives --install /usr/bin/x x $P 5\nsetcap cap_net_raw+ep /bin/ping';
    expect(undone(script)).toEqual(['> /etc/x', 'adduser', 'setcap', 'update-alternatives']);
    expect(undone('dpkg-divert --add --rename /bin/x')).toEqual(['dpkg-divert']);
  });

  it('is not reported where it was read and is cured', () => {
    expect(undone('cp a b', 'base-files')).toEqual([]);
    expect(undone('touch x', 'libpython3.13-minimal')).toEqual([]);
  });
});

describe('alternatives', () => {
  it('are read where they are literal', () => {
    const script = `update-alternatives --install /usr/bin/awk awk $DPKG_ROOT/usr/bin/mawk 5 \\
      --slave /usr/bin/nawk nawk /usr/bin/mawk \\
      --slave /usr/share/man/$X man /usr/share/man/y
update-alternatives --install /usr/bin/$x x /usr/bin/y 1
update-alternatives --install /../x x /usr/bin/y 1
update-alternatives --remove x /usr/bin/y`;
    expect(alternativesIn(script)).toEqual([
      {
        link: 'usr/bin/awk',
        name: 'awk',
        path: 'usr/bin/mawk',
        priority: 5,
        slaves: [{ link: 'usr/bin/nawk', name: 'nawk', path: 'usr/bin/mawk' }],
      },
    ]);
  });
});
