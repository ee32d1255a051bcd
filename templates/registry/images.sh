# images OPTION...: the lines of the images that these tags name.
images() {
  tags "$@" > /tmp/listed || return
  inspect < /tmp/listed
}
