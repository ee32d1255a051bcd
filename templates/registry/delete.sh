# delete: deletes the tags; other tags of the same images stay.
delete() {
  cut -d ' ' -f 2 | sort -u | xargs -r -t -P 8 -I TAG regctl tag delete --ignore-missing "${repository}TAG"
}
