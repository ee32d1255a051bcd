#!/bin/sh
# Inside the image that was built: what it would serve is there.
set -eu
nginx -t
grep -q '<h1>' /usr/share/nginx/html/index.html
