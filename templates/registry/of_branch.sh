# of_branch: the lines of this branch, whose slug other branches may share.
of_branch() { awk -v branch="$CI_COMMIT_REF_NAME" 'NF > 3 && $4 "" == branch ""'; }
