#!/bin/sh
# runc on a machine whose root lacks a capability, as in many sandboxes. `docker run --privileged` asks for all
# that there are, which runc then cannot give: a container gets those that capabilities.json, beside this, names.
set -eu
bundle='' create=no previous=''
for word in "$@"; do
  [ "$word" != create ] || create=yes
  [ "$previous" != --bundle ] || bundle=$word
  previous=$word
done
if [ "$create" = yes ]; then
  jq --slurpfile here "${0%/*}/capabilities.json" '.process.capabilities |= map_values(map(select(IN($here[0][]))))' \
    "$bundle/config.json" >"$bundle/config.within"
  mv "$bundle/config.within" "$bundle/config.json"
fi
exec runc "$@"
