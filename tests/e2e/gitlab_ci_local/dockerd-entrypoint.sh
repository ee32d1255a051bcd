#!/bin/sh
# Plays the entry point of docker:dind (docker-library/docker, dockerd-entrypoint.sh): with DOCKER_TLS_CERTDIR
# it puts certificates there and listens on 2376, without on 2375. They are made already, in /usr/share/dind.
set -eu
if [ -n "${DOCKER_TLS_CERTDIR-}" ]; then
  server=$DOCKER_TLS_CERTDIR/server
  mkdir -p "$server" "$DOCKER_TLS_CERTDIR/client"
  cp /usr/share/dind/server/* "$server"
  cp /usr/share/dind/client/* "$DOCKER_TLS_CERTDIR/client"
  set -- --host=tcp://0.0.0.0:2376 --tlsverify --tlscacert="$server/ca.pem" --tlscert="$server/cert.pem" \
    --tlskey="$server/key.pem" "$@"
else
  set -- --host=tcp://0.0.0.0:2375 --tls=false "$@"
fi
# shellcheck disable=SC2086 # a list of words: what makes a daemon of this version
exec dockerd $DIND_OPTIONS --host=unix:///var/run/docker.sock "$@"
