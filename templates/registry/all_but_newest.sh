# all_but_newest NUMBER: the lines of all but the newest images, of each branch.
all_but_newest() {
  sort -k 4,4 -k 1,1nr | awk -v number="$1" '
    $1 > 0 && !(($4, $2) in place) { place[$4, $2] = ++images[$4] }
    $1 > 0 && place[$4, $2] > number'
}
