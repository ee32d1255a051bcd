# about IMAGE FORMAT: what regctl knows of the image.
about() { regctl image inspect ${platform:+--platform "$platform"} --format "$2" "$1"; }
