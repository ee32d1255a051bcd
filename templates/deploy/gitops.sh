# set_digest IMAGE FILE: each reference to the repository of this image becomes IMAGE, whatever its tag or
# digest. Where the repository is the whole value of a key, as in the values of a chart, the key digest or tag
# beside it gets the digest.
set_digest() {
  name=$(printf '%s' "${1%@*}" | sed 's/[.]/[.]/g')
  reference="(^|[^A-Za-z0-9._/-])$name(:[A-Za-z0-9._-]+)?(@sha256:[0-9a-f]+)?([^A-Za-z0-9._/:@-]|\$)"
  value="[\"']?${name}[\"']?[[:space:]]*"
  alone="^ *(- +)*[A-Za-z0-9_.-]+: +$value(#.*)?\$"
  grep -Eq "$reference" "$2" || { echo "$2 does not name ${1%@*}" >&2; return 1; }
  # In braces, in JSON and behind an anchor the keys beside it cannot be told.
  if grep -Eq "([{,][^:]*|[\"'] *): *$value([,}]|\$)|: +[&!][^ ]+ +$value(#.*)?\$" "$2" ||
    ! awk -v alone="$alone" -v image="$1" -v tag="$CI_COMMIT_SHA" '
      function column(at) { match(line[at], /^ *(- +)*/); return RLENGTH }
      function inside(at) { return line[at] ~ /^ *(#|$)/ || column(at) >= own }
      function begins(at) { return line[at] ~ /^ *- / && column(at) == own }
      function set(at, to) {
        if (line[at] ~ /: *[&!|>]/) exit 1
        sub(/: *("[^"]*"|[^ #]*)/, ": " to, line[at])
      }
      { line[NR] = $0 }
      END {
        for (at = 1; at <= NR; at++) {
          if (line[at] !~ alone) continue
          own = column(at)
          for (first = at; first > 1 && !begins(first) && inside(first - 1); first--);
          for (last = at; last < NR && !begins(last + 1) && inside(last + 1); last++);
          digest = tagged = 0
          for (i = first; i <= last; i++) {
            if (column(i) == own && substr(line[i], own + 1) ~ /^digest:/) digest = i
            if (column(i) == own && substr(line[i], own + 1) ~ /^tag:/) tagged = i
          }
          if (digest) set(digest, substr(image, index(image, "@") + 1))
          else if (tagged) set(tagged, tag substr(image, index(image, "@")))
          else if (substr(line[at], own + 1) ~ /^image:/) set(at, image)
          else exit 1
        }
        for (at = 1; at <= NR; at++) print line[at]
      }' "$2" > "$job_tmp/pairs"; then
    echo "$2 names ${1%@*} without a tag, and no key digest or tag is beside it: write a tag behind it" >&2
    return 1
  fi
  # One after the other, as two may share the character between them; a line has no line break of its own.
  sed -E -e "\\%$alone%b" -e ':next' -e "s#$reference#\\1\\n\\4#" -e 'tnext' -e "s#\\n#$1#g" \
    "$job_tmp/pairs" > "$2"
}
# push_digests REPOSITORY BRANCH: commits and pushes what write_digests changes. When somebody else has pushed
# meanwhile, it starts again from their commit.
push_digests() (
  git clone --quiet --depth 1 --branch "$2" -- "$1" "$job_tmp/repository"
  cd "$job_tmp/repository"
  for attempt in 1 2 3 4 5; do
    write_digests
    git add --all
    if git diff --cached --quiet; then
      echo "the repository has these digests already"
      exit
    fi
    git -c user.name="$CI_PROJECT_PATH" -c user.email="noreply@$CI_SERVER_HOST" commit --quiet \
      --message "Deploy $CI_PROJECT_PATH to $CI_ENVIRONMENT_NAME" \
      --message "$CI_PROJECT_URL/-/commit/$CI_COMMIT_SHA"
    git push --quiet origin "HEAD:refs/heads/$2" && exit
    sleep "$attempt"
    git fetch --quiet --depth 1 origin "refs/heads/$2"
    git reset --quiet --hard FETCH_HEAD
  done
  exit 1
)
