# Read by the scripts in this folder: what a package is made of.
#
# In: the Cargo profile, `release` or `dev`, as $1. Out: $root, $profile, $version, $target (empty for the
# machine's own), $triple (the same, never empty), $dist, $level: how much
# to compress, and $epoch: the time of the last commit, so that
# the same commit gives the same packages.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
profile=${1:-}
case $profile in
  release) target=${WINDLASS_TARGET-x86_64-unknown-linux-musl} level=9 ;;
  dev) target=${WINDLASS_TARGET-} level=1 ;;
  *)
    echo "usage: $0 release|dev" >&2
    exit 2
    ;;
esac
# Rust's own linker links for another architecture without a toolchain for it: all code is Rust's, and so is musl.
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER="${CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER:-rust-lld}"
triple=${target:-$(rustc --version --verbose | sed -n 's/^host: //p')}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
dist=${WINDLASS_DIST:-$root/dist}
mkdir -p "$dist"
dist=$(cd "$dist" && pwd)
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH="$epoch"
