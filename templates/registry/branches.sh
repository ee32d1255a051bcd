# ---- branches (with `cleanup`: --gone)
# Prints the names of all branches and git tags of the project, each also as CI_COMMIT_REF_SLUG has
# it. A name with other than ASCII letters ends there with `*`: it stands for all that begin so. As
# these letters are dashes there, and dashes at the end are cut off, it may also be what precedes.
# This is what `git ls-remote` asks for, in git's protocol of version 0. A list that cannot be had,
# is cut off or knows no branch is a failure: nothing is deleted then.
registry_branches() (
  if [ -z "${CI_PROJECT_URL-}" ] || [ -z "${CI_JOB_TOKEN-}" ]; then
    registry_die "CI_PROJECT_URL or CI_JOB_TOKEN is empty"
  fi
  authorization=$(registry_credentials gitlab-ci-token "$CI_JOB_TOKEN")
  registry_send GET "$CI_PROJECT_URL.git/info/refs?service=git-upload-pack"
  [ "$status" = 200 ] || registry_fail "branches of $CI_PROJECT_URL"
  tr '\000' '\n' <body >advertised
  [ "$(sed -n '$p' advertised)" = 0000 ] || registry_die "branches of $CI_PROJECT_URL: no whole list"
  grep -qE '^[0-9a-f]{44,} refs/heads/' advertised || registry_die "$CI_PROJECT_URL has no branch"
  sed -nE 's/^[0-9a-f]{44,} refs\/(heads|tags)\///p' advertised | sed 's/\^{}$//' |
    tr '\200-\377' '*' | sed 's/\*.*/*/' >names
  cat names
  tr '[:upper:]' '[:lower:]' <names | sed 's/[^a-z0-9*]/-/g; s/^\(.\{63\}\).*/\1/; s/^--*//; s/--*$//
    /-\*$/ { p; s/-*\*$//; }'
)
