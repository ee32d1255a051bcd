#!/bin/bash
# Plays wait-for-it, by which gitlab-ci-local waits for a service: wait-for-it.sh HOST:PORT -t SECONDS
until (: </dev/tcp/"${1%:*}"/"${1#*:}") 2>/dev/null; do
  [ "$SECONDS" -lt "$3" ] || exit 1
  sleep 0.1
done
