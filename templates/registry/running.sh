# running FILE...: the lines of the images that workloads named within the last hour.
running() {
  for file; do
    [ "$(head -n 1 "$file")" -gt "$(($(date +%s) - 3600))" ] ||
      { echo "$file is missing or too old: run the job that writes it again" >&2; return 1; }
  done
  sed -nE "s/.*(@sha256:[0-9a-f]+)$/\1/p; s|^$repository(:[A-Za-z0-9_.-]+)$|\1|p" "$@" > /tmp/running || return
  inspect < /tmp/running
}
