# current IMAGE RECIPE SECONDS: the digest of the image if it has this recipe and is younger, else
# `none`. 0 seconds are any age.
current() {
  digest=$(found regctl image digest "$1")
  if [ -n "$digest" ]; then
    image=$repository@$digest
    recipe=$(about "$image" '{{index .Config.Labels "windlass.recipe"}}')
    made=$(about "$image" '{{with .Created}}{{.Unix}}{{else}}0{{end}}')
    [ "$recipe" = "$2" ] || digest=
    [ "$3" -eq 0 ] || [ "$made" -gt "$(($(date +%s) - $3))" ] || digest=
  fi
  echo "${digest:-none}"
}
