# would_delete: only says what `delete` would do.
would_delete() {
  cut -d ' ' -f 2 | sort -u | xargs -r -I TAG echo "would delete ${repository}TAG"
}
