# set_digest IMAGE FILE: each reference to the repository of this image becomes IMAGE, whatever its tag or digest.
set_digest() {
  repository=$(printf '%s' "${1%@*}" | sed 's/[.]/\\./g')
  reference="(^|[^A-Za-z0-9._/-])$repository(:[A-Za-z0-9._-]+)?(@sha256:[0-9a-f]+)?([^A-Za-z0-9._/:@-]|\$)"
  grep -Eq "$reference" "$2" || { echo "$2 does not name ${1%@*}" >&2; return 1; }
  # One after the other, as two may share the character between them; a line has no line break of its own.
  sed -E -i -e ':next' -e "s#$reference#\\1\\n\\4#" -e 'tnext' -e "s#\\n#$1#g" "$2"
}
# push_digests REPOSITORY BRANCH: commits and pushes what write_digests changes. When somebody else has pushed
# meanwhile, it starts again from their commit.
push_digests() (
  git clone --quiet --depth 1 --branch "$2" "$1" "$job_tmp/repository"
  cd "$job_tmp/repository"
  for attempt in 1 2 3 4 5; do
    write_digests
    git add --all
    if git diff --cached --quiet; then
      echo "$1 has these digests already"
      exit
    fi
    git -c user.name="$CI_PROJECT_PATH" -c user.email="noreply@$CI_SERVER_HOST" commit --quiet \
      --message "Deploy $CI_PROJECT_PATH to $CI_ENVIRONMENT_NAME" \
      --message "$CI_PROJECT_URL/-/commit/$CI_COMMIT_SHA"
    git push --quiet origin "HEAD:refs/heads/$2" && exit
    sleep "$attempt"
    git fetch --quiet --depth 1 origin "$2"
    git reset --quiet --hard FETCH_HEAD
  done
  exit 1
)
