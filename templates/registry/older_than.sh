# older_than SECONDS: the lines of older images, and of tags that name none.
older_than() {
  awk -v limit="$(($(date +%s) - $1))" '$1 == "-" || $1 > 0 && $1 < limit'
}
