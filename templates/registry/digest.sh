# ---- digest
# registry_digest [OPTION...] IMAGE:TAG
#     Prints the digest of the image; that there is none is a failure.
registry_digest() ( registry_run registry_do_digest "$@" )
registry_do_digest() {
  [ $# -eq 1 ] || registry_die "usage: registry_digest [OPTION...] IMAGE:TAG"
  registry_parse "$1"
  [ -n "$reference" ] || registry_die "$1: which tag or digest?"
  registry_login pull
  registry_require pull
  registry_manifest "$reference"
  [ -n "$digest" ] || registry_die "$1: no such image"
  printf '%s\n' "$digest"
}
