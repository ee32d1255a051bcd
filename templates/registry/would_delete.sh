# would_delete: only says what `delete` would do.
would_delete() { cut -d ' ' -f 2 | sort -u | sed 's/^/would delete /'; }
