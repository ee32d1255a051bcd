# checksums ERE: those of the files that match, and the names of those that can be executed.
checksums() {
  find . -path ./.git -prune -o -type f -print | { grep -Ex "$1" || :; } | LC_ALL=C sort |
    tr '\n' '\0' | xargs -0 sha256sum &&
    find . -path ./.git -prune -o -type f -perm -100 -print | { grep -Ex "$1" || :; } | LC_ALL=C sort
}
