# images OPTION OF regctl tag ls...: a line for each tag, with what its build's label says:
# DIGEST NAME TIME BRANCH GIT_TAG
images() {
  found regctl tag ls "$@" "$repository" > /tmp/tags || return
  sed -n '/^[A-Za-z0-9_.-]*$/p' /tmp/tags | xargs -r -n 1 -P 8 sh -c 'exec 3>&2 2> "/tmp/error-$1"
    image="$repository@$(regctl image digest "$repository:$1")" &&
      build=$(regctl image inspect --format "{{index .Config.Labels \"windlass.build\"}}" \
        ${platform:+--platform "$platform"} "$image") &&
      echo "${image#*@} $repository:$1 $build" ||
      grep -q -e "artifacts are not" -e "http 404" "/tmp/error-$1" || { cat "/tmp/error-$1" >&3; exit 1; }' sh
}
