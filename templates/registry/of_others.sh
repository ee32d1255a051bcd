# of_others: passes the lines of other branches with this slug; fails if there are none.
of_others() {
  awk -v branch="$CI_COMMIT_REF_NAME" 'NF > 3 && $4 "" != branch "" { print; some = 1 } END { exit !some }'
}
