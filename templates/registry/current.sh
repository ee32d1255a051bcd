# current IMAGE SECONDS: the digest of the image if it is younger, else `none`; 0 seconds are any age.
current() {
  digest=$(found regctl image digest "$1") || return
  if [ -n "$digest" ]; then
    made=$(about "$repository@$digest" '{{with .Created}}{{.Unix}}{{else}}0{{end}}') || return
    [ "$2" -eq 0 ] || [ "$made" -gt "$(($(date +%s) - $2))" ] || digest=
  fi
  echo "${digest:-none}"
}
