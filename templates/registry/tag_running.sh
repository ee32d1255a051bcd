# tag_running LIST...: what runs and has no tag gets its digest as a tag; the registry deletes what has none.
tag_running() {
  cat "$@" | tr ' ' '\n' | sed -n "s#.*$repository\(:[^@/]*\)*@\(sha256:[0-9a-f]*\)\$#\2#p" | sort -u |
    while read -r sha; do
      grep -q "^$sha " /tmp/images || found regctl image copy "$repository@$sha" "$repository:${sha#*:}"
    done
}
