# ---- delete_tag (without `dummy`: --delete-by tag)
# registry_delete_tag [OPTION...] IMAGE:TAG...
#     The tags go; other tags of the same image stay. A tag that is already gone is done.
#     --delete-by tag|dummy|auto  tag: GitLab from 16.4, distribution from 3.0; dummy: older, pushes
#         a unique dummy over the tag and deletes that; auto (default): tag, else dummy
# TAG, naming $digest now: the tag goes, and no other tag with it
registry_untag() {
  if [ "$delete_by" != dummy ]; then
    registry_request DELETE "manifests/$1"
    case $delete_by$status in
      *202 | *200 | *404) return 0 ;;
      auto400 | auto405) delete_by=dummy ;;
      *) registry_fail "delete $repository:$1" ;;
    esac
  fi
  registry_untag_by_dummy "$1"
}
registry_delete_tag() ( registry_run registry_do_delete_tag "$@" )
registry_do_delete_tag() {
  [ $# -gt 0 ] || registry_die "usage: registry_delete_tag [OPTION...] IMAGE:TAG..."
  for image in "$@"; do
    registry_parse "$image"
    registry_check_tag "$reference"
    registry_login pull,push,delete
    registry_require pull delete
  done
  for image in "$@"; do
    registry_parse "$image"
    registry_login pull,push,delete
    registry_manifest "$reference"
    if [ -z "$digest" ]; then registry_say "$image is already gone"; continue; fi
    registry_untag "$reference"
    registry_say "deleted $image"
    [ ! -s untagged ] || registry_free
  done
}
