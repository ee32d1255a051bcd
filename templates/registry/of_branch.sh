# of_branch: the lines of this branch, whose slug others may share, that are older than its stop.
of_branch() {
  awk -v branch="$CI_COMMIT_REF_NAME" 'FILENAME == "stopped.txt" { stopped = $1; next }
    NF > 3 && $4 "" == branch "" && $3 "" < stopped' stopped.txt -
}
