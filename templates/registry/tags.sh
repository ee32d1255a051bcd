# tags OPTION...: a line `:TAG` for each tag, with the options of `regctl tag ls`.
tags() {
  found regctl tag ls "$@" "$repository" > /tmp/tags || return
  sed -n 's/^[A-Za-z0-9_.-]*$/:&/p' /tmp/tags
}
