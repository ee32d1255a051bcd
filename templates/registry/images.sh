# images OPTION...: a line `CREATED CONFIG TAG` for each of these tags that names an image.
images() {
  tags "$@" > /tmp/listed || return
  cut -d ' ' -f 3 /tmp/listed | xargs -r -n 1 -P 8 sh -c '
    image=$(regctl image inspect ${platform:+--platform "$platform"} --format "$0" "$repository:$1" \
      2> "/tmp/error-$1") && echo "$image $1" || grep -q "artifacts are not" "/tmp/error-$1" ||
      regctl image digest "$repository:$1" 2>&1 | grep -q "http 404" ||
      { cat "/tmp/error-$1" >&2; exit 1; }' \
    '{{with .Created}}{{.Unix}}{{else}}0{{end}} {{.GetDescriptor.Digest}}'
}
