/** What `pyc --help` prints. */
import { COMMANDS } from './commands/index.ts';

const VERSION_FLAGS = '-V, --version';

/** The overview: commands, a first example, and where to read on. */
export function overview(): string {
  const width = Math.max(VERSION_FLAGS.length, ...COMMANDS.map(({ usage }) => usage.length)) + 2;
  return [
    'pyc turns a Python project into an OCI image: no Docker, no daemon, no Python needed.',
    '',
    'Usage: pyc COMMAND [options]',
    '',
    'Commands:',
    ...COMMANDS.map(({ usage, summary }) => `  ${usage.padEnd(width)}${summary}`),
    '',
    'Options:',
    `  ${VERSION_FLAGS.padEnd(width)}print the version`,
    `  ${'-h, --help'.padEnd(width)}print this, or the help of a command: pyc build --help`,
    '',
    'Examples:',
    '  pyc build                                       into build/image, an OCI layout',
    '  pyc build --tag ghcr.io/me/shop:1.0 --push      and to a registry',
    '  pyc check --json                                what would be built, for scripts',
    '',
    'Settings live in pycontainer.config.ts, pycontainer.toml or [tool.pycontainer] of pyproject.toml;',
    'docs/reference/configuration.md describes each, docs/reference/errors.md every error.',
    '',
  ].join('\n');
}
