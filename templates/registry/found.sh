# found COMMAND: its output; nothing if the registry has no such image.
found() {
  "$@" 2> /tmp/error || grep -q 'http 404' /tmp/error || { cat /tmp/error >&2; return 1; }
}
