# tags OPTION...: a line `- - TAG` for each tag, with the options of `regctl tag ls`.
tags() {
  found regctl tag ls "$@" "$repository" > /tmp/tags || return
  awk '/^[A-Za-z0-9_.-]+$/ { print "- -", $0 }' /tmp/tags
}
