# gone: the lines whose branch is not in the list, which is younger than they are.
gone() {
  awk 'FILENAME == "branches.txt" { if (!since) since = $1; else lives[$0]; next }
    NF > 3 && $3 "" < since && !($4 in lives)' branches.txt -
}
