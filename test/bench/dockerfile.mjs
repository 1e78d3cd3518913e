// The best Dockerfile there is for such a project: uv with its cache mounted, dependencies and project apart, no
// package manager in the result. uv itself comes from a build context `uv`, as it would from uv's own image; the context
// also holds `certificates.pem`.

/**
 * @param {{ base: string, bytecode?: boolean, stages: 'one' | 'two', bindLock: boolean, offline: boolean }} options -
 *   `stages`: install in the result itself, or beside it and copy the environment, as uv's guide has it. `bindLock`:
 *   mount the lock instead of copying it (buildah leaves a mounted file out of its cache's key). `offline`: only what
 *   uv's cache has.
 */
export function dockerfile({ base, bytecode = false, stages, bindLock, offline }) {
  const mounts = [
    '--mount=type=bind,from=uv,source=uv,target=/usr/local/bin/uv',
    '--mount=type=cache,target=/cache',
    // Whoever looks into this machine's TLS is known to this machine's bundle, not to the base's.
    ...(offline ? [] : ['--mount=type=bind,from=uv,source=certificates.pem,target=/certificates.pem']),
    ...(bindLock
      ? ['pyproject.toml', 'uv.lock'].map((file) => `--mount=type=bind,source=${file},target=/app/${file}`)
      : []),
  ];
  const settings = {
    UV_CACHE_DIR: '/cache',
    UV_LINK_MODE: 'copy',
    UV_PROJECT_ENVIRONMENT: '/opt/venv',
    UV_PYTHON: '/usr/bin/python3',
    UV_PYTHON_DOWNLOADS: 'never',
    UV_NO_PROGRESS: '1',
    ...(bytecode ? { UV_COMPILE_BYTECODE: '1' } : {}),
    ...(offline ? { UV_OFFLINE: '1' } : { SSL_CERT_FILE: '/certificates.pem' }),
  };
  const assignments = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const install = [
    'WORKDIR /app',
    ...(bindLock ? [] : ['COPY pyproject.toml uv.lock ./']),
    `RUN ${mounts.join(' ')} ${assignments.join(' ')} uv sync --frozen --no-dev --no-install-project`,
  ];
  const result = [
    'COPY . /app',
    'WORKDIR /app',
    'ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin',
    'USER 65532:65532',
    'CMD ["python", "-m", "shop"]',
  ];
  const lines =
    stages === 'one'
      ? [`FROM ${base}`, ...install, ...result]
      : [
          `FROM ${base} AS build`,
          ...install,
          `FROM ${base}`,
          'COPY --from=build /opt/venv /opt/venv',
          ...result,
        ];
  return `${lines.join('\n')}\n`;
}
