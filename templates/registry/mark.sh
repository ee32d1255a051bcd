# mark TAG IMAGE: the tag names the image, unless it names a newer one already.
mark() {
  before=$(found about "$repository:$1" '{{with .Created}}{{.Unix}}{{end}}') || return
  after=$(about "$2" '{{with .Created}}{{.Unix}}{{end}}') || return
  if [ -n "$after" ] && [ "${before:-0}" -gt "$after" ]; then
    echo "$repository:$1 stays: its image is newer"
  else
    regctl image copy "$2" "$repository:$1"
  fi
}
