# tag_running LIST...: what runs and has no tag gets its digest as a tag; the registry deletes what has none.
tag_running() {
  cat "$@" | tr ' ' '\n' | sed -n "s#.*$repository@\([a-z0-9]*:[0-9a-f]*\)\$#\1#p" | sort -u |
    while read -r digest; do
      grep -q "^$digest " /tmp/images || found regctl image copy "$repository@$digest" "$repository:${digest#*:}"
    done
}
