# ---- dummy (with `delete_tag`: --delete-by dummy and auto)
registry_untag_by_dummy() {
  registry_require push
  if [ -z "$deletes_digests" ]; then # ask before the tag is overwritten: what can't exist is 404
    registry_request DELETE "manifests/sha256:$(printf '%064d' 0)"
    [ "$status" = 404 ] || registry_fail "$host does not delete by digest"
    deletes_digests=yes
  fi
  echo "$digest" >>untagged
  # Random, so that the dummies of two pipelines are never one manifest.
  nonce=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  [ ${#nonce} -eq 32 ] || registry_die "no random number"
  type=application/vnd.docker.distribution.manifest.list.v2+json
  printf '{"schemaVersion":2,"mediaType":"%s","manifests":[],"dummy":"%s"}' "$type" "$nonce" >dummy
  # 2.8 deletes the manifest, then its tags, and where another tag changes meanwhile it fails in
  # between (500) and leaves a tag of nothing. So only 202 is an end; else all once more.
  for attempt in first second third; do
    registry_request PUT "manifests/$1" --header "Content-Type: $type" --data-binary @dummy
    [ "$status" = 201 ] || registry_fail "push a dummy to $repository:$1"
    registry_request DELETE "manifests/sha256:$(sha256sum <dummy | cut -d ' ' -f 1)"
    [ "$status" != 202 ] || return 0
  done
  registry_fail "delete the dummy $repository:$1 ($attempt time)"
}
# GitLab frees untagged manifests itself, 2.x never does: there those in the file untagged go,
# unless a tag names them or an index that holds them.
registry_free() {
  registry_list_tags >listed
  registry_get_all manifests <listed
  sed 's|^|manifests/|' fetched >tagged
  xargs sha256sum <tagged >in-use || registry_die "manifests of $repository not read"
  xargs cat <tagged >>in-use || registry_die "manifests of $repository not read"
  sort -u untagged >candidates
  while read -r digest; do
    if grep -qF "${digest#sha256:}" in-use; then
      registry_say "$repository@$digest stays: it has another tag"
    else
      registry_request DELETE "manifests/$digest"
      case $status in 202 | 200 | 404) ;; *) registry_fail "delete $repository@$digest" ;; esac
      registry_say "deleted $repository@$digest"
    fi
  done <candidates
  : >untagged
}
