# not_kept: the lines of images that are not in /tmp/kept.
not_kept() {
  awk 'FILENAME == "/tmp/kept" { kept[$2]; next } !($2 in kept)' /tmp/kept -
}
