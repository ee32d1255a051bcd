# current IMAGE RECIPE SECONDS: the digest of the image if it has this recipe and is younger, else
# `none`. 0 seconds are any age.
current() {
  digest=$(found regctl image digest "$1") || return
  if [ -n "$digest" ]; then
    made=$(about "$repository@$digest" '{{with .Created}}{{.Unix}}{{else}}0{{end}}') || return
    label=$(about "$repository@$digest" '{{index .Config.Labels "windlass.recipe"}}') || return
    [ "$label" = "$2" ] || digest=
    [ "$3" -eq 0 ] || [ "$made" -gt "$(($(date +%s) - $3))" ] || digest=
  fi
  echo "${digest:-none}"
}
