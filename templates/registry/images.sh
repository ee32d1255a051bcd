# images OPTION OF regctl tag ls...: a line for each tag, with what its build's label says:
# DIGEST NAME TIME BRANCH GIT_TAG
images() {
  found regctl tag ls "$@" "$repository" > /tmp/tags || return
  sed -n '/^[A-Za-z0-9_.-]*$/p' /tmp/tags | xargs -r -n 1 -P 8 sh -c '
    digest=$(regctl image digest "$repository:$1" 2> "/tmp/error-$1") &&
      build=$(regctl image inspect ${platform:+--platform "$platform"} "$repository@$digest" \
        --format "{{index .Config.Labels \"windlass.build\"}}" 2> "/tmp/error-$1") &&
      echo "$digest $repository:$1 $build" ||
      grep -q -e "artifacts are not" -e "http 404" "/tmp/error-$1" || { cat "/tmp/error-$1" >&2; exit 1; }' sh
}
