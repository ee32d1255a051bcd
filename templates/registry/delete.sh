# delete: deletes the tags; other tags of the same images stay.
delete() { cut -d ' ' -f 2 | sort -u | xargs -r -t -n 1 -P 8 regctl tag delete --ignore-missing; }
