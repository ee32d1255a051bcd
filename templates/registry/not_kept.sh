# not_kept LIST...: the lines of images that no list names, by digest or by tag. A list is good for an hour.
not_kept() {
  awk -v now="$(date +%s)" '
    !images && FNR == 1 { fresh += ($1 > now - 3600) }
    !images { for (word = 1; word <= NF; word++) { sub(/.*@/, "", $word); kept[$word] } next }
    fresh < ARGC - 3 { print "a list is too old: run the job again that writes it" > "/dev/stderr"; exit 1 }
    !($1 in kept || $2 in kept)' "$@" images=1 -
}
