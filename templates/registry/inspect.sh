# inspect: for each `:TAG` or `@DIGEST` that names an image a line `CONFIG NAME TIME BRANCH GIT_TAG`;
# the last three are from the label of its build.
inspect() {
  xargs -r -n 1 -P 8 sh -c '
    image=$(regctl image inspect ${platform:+--platform "$platform"} "$repository$1" 2> "/tmp/error$1" \
      --format "{{.GetDescriptor.Digest}} $1 {{index .Config.Labels \"windlass.build\"}}") && echo "$image" ||
      grep -q -e "artifacts are not" -e "http 404" "/tmp/error$1" || { cat "/tmp/error$1" >&2; exit 1; }' sh
}
