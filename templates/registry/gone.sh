# gone: the lines whose branch is not in the list, which is older than the images.
gone() {
  awk 'FILENAME == "branches.txt" { if (!since) since = $1; else lives[$0]; next }
    { line[$3] = $0; if ($4 in lives || $1 != "-" && $1 >= since) stays[$3] }
    END { for (tag in line) if (!(tag in stays)) print line[tag] }' branches.txt -
}
