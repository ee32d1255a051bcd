# ---- current (with `creation_time`)
# registry_current [OPTION...] IMAGE:TAG
#     Prints the digest of the image that TAG names, if it can stay, else `none`, and says why not.
#     --older-than SECONDS  it must be younger
#     --recipe HASH         its label windlass.recipe must be HASH
registry_current() ( registry_run registry_do_current "$@" )
registry_do_current() {
  [ $# -eq 1 ] || registry_die "usage: registry_current [OPTION...] IMAGE:TAG"
  registry_parse "$1"
  [ -n "$reference" ] || registry_die "$1: which tag?"
  registry_login pull
  registry_require pull
  registry_manifest "$reference"
  if [ -z "$digest" ]; then registry_not_current "$1 does not exist"; return 0; fi
  cat body >manifests/current
  echo current >one
  registry_created <one >created
  sed 's|^|blobs/|' configurations >labelled
  label=$(registry_json <labelled | awk -F '\t' '
    $2 == "config.Labels.windlass.recipe" { label = $3 }
    END { print label }')
  if [ -n "$recipe" ] && [ "$label" != "$recipe" ]; then
    registry_not_current "$1 is of another recipe: ${label:-none}, not $recipe"
  elif [ -n "$older_than" ] && [ ! -s created ]; then
    registry_not_current "$1 has no creation time"
  elif [ -n "$older_than" ] &&
    awk -v limit="$older_than" -v now="$(date +%s)" '{ exit !($2 < now - limit) }' created; then
    registry_not_current "$1 is older than $older_than seconds"
  else
    registry_say "$1 can stay" >&2
    printf '%s\n' "$digest"
  fi
}
registry_not_current() { registry_say "$1" >&2; echo none; }
