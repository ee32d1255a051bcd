# not_kept: the lines of images that are not in /tmp/kept.
not_kept() {
  awk 'FILENAME == "/tmp/kept" { kept[$1]; next } !($1 in kept)' /tmp/kept -
}
