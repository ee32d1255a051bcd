# older_than SECONDS: the lines of older images; younger ones may belong to a pipeline that still runs.
older_than() { awk -v limit="$(date -u -d "@$(($(date +%s) - $1))" +%FT%TZ)" 'NF > 3 && $3 "" < limit'; }
