# all_but_newest NUMBER: the lines of all but the newest images of each branch, and of all git tags.
all_but_newest() {
  sort -k 3,3r | awk -v number="$1" 'NF > 3 && !($1 in place) { place[$1] = ++images[NF > 4 ? "" : $4] }
    place[$1] > number'
}
