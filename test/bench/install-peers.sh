#!/bin/bash
# Installs what the benchmark compares with: Debian's docker-registry, buildah, skopeo, runc and mmdebstrap, crane and oras of a
# newer suite, uv and Poetry from PyPI.
# Can be run again. BuildKit is measured where `buildkitd` is on PATH; `install-peers.sh --buildkit` compiles it with
# Go (some five minutes) into the same folder. Needs root and Debian 12 or newer.
set -eu

peers=${PYC_BENCH_PEERS:-/var/tmp/pycontainer-bench/peers}
buildkit=v0.32.0
mkdir -p "$peers/bin"

missing=
for package in docker-registry buildah skopeo runc mmdebstrap ca-certificates; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  # shellcheck disable=SC2086
  apt-get install -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends $missing
fi

# From lists of their own, so that nothing else of that suite gets in.
for program in crane oras; do
  [ -x "$peers/bin/$program" ] && continue
  folder=$peers/$program
  rm -rf "$folder"
  mkdir -p "$folder/lists/partial" "$folder/archives/partial"
  echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian forky main' >"$folder/sources.list"
  options="-q -o Dir::Etc::sourcelist=$folder/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$folder/lists
    -o Dir::Cache::archives=$folder/archives -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root
    -o Acquire::Check-Valid-Until=false"
  # shellcheck disable=SC2086
  apt-get $options update
  # shellcheck disable=SC2086
  (cd "$folder" && apt-get $options download "$program" && dpkg -x "$program"_*.deb .)
  mv "$folder/usr/bin/$program" "$peers/bin/"
  rm -rf "$folder"
done

if [ ! -x "$peers/uv/bin/uv" ]; then
  python3 -m venv "$peers/uv"
  PIP_FIND_LINKS='' "$peers/uv/bin/pip" install -q --disable-pip-version-check uv
fi

if [ ! -x "$peers/poetry/bin/poetry" ]; then
  python3 -m venv "$peers/poetry"
  PIP_FIND_LINKS='' "$peers/poetry/bin/pip" install -q --disable-pip-version-check poetry poetry-plugin-export
fi

if [ "${1:-}" = --buildkit ] && ! PATH="$peers/bin:$PATH" command -v buildkitd >/dev/null; then
  # Built as a main module of its own, since its replace directives count only there.
  source=$(cd /tmp && GOFLAGS=-mod=mod go mod download -json "github.com/moby/buildkit@$buildkit" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
  copy=$(mktemp -d)
  trap 'chmod -R u+w "$copy"; rm -rf "$copy"' EXIT
  cp -r "$source/." "$copy"
  chmod -R u+w "$copy"
  (cd "$copy" && CGO_ENABLED=0 go build -mod=mod -trimpath -buildvcs=false -ldflags='-s -w' -o "$peers/bin/" ./cmd/buildctl ./cmd/buildkitd)
fi
echo "peers are in $peers"
