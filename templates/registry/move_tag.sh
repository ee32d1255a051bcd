# ---- move_tag (without `creation_time`: no --unless-newer)
# registry_move_tag [OPTION...] IMAGE@DIGEST|IMAGE:TAG TAG...
#     Each TAG of the same repository then names this image: same manifest, same digest.
#     --unless-newer  leaves a TAG alone whose image was created later, so that an older pipeline
#         that comes last turns nothing back; an image without a creation time is not "later"
registry_move_tag() ( registry_run registry_do_move_tag "$@" )
registry_do_move_tag() {
  [ $# -gt 1 ] || registry_die "usage: registry_move_tag [OPTION...] IMAGE@DIGEST|IMAGE:TAG TAG..."
  registry_parse "$1"
  [ -n "$reference" ] || registry_die "$1: which tag or digest?"
  image=$1
  shift
  for tag in "$@"; do registry_check_tag "$tag"; done
  registry_login pull,push
  registry_require pull push
  registry_manifest "$reference"
  [ -n "$digest" ] || registry_die "$image: no such image"
  cat body >manifests/new
  wanted=$digest type=$(registry_header content-type)
  for tag in "$@"; do
    registry_manifest "$tag"
    if [ "$digest" = "$wanted" ]; then registry_say "$repository:$tag is $wanted already"; continue; fi
    if [ "$unless_newer" = yes ] && [ -n "$digest" ]; then
      cat body >manifests/old
      printf '%s\n' new old >pair
      registry_created <pair >created
      if awk '{ time[$1] = $2 } END { exit !("new" in time && time["old"] > time["new"]) }' created; then
        registry_say "$repository:$tag stays: its image $digest is newer than $wanted"
        continue
      fi
    fi
    registry_request PUT "manifests/$tag" --header "Content-Type: $type" --data-binary @manifests/new
    [ "$status" = 201 ] || registry_fail "move $repository:$tag"
    before=${digest:-no image}
    registry_manifest "$tag"
    [ "$digest" = "$wanted" ] || registry_die "$repository:$tag is ${digest:-nothing}, not $wanted"
    registry_say "moved $repository:$tag from $before to $wanted"
  done
}
