# substitute VARIABLES PATH...: the manifests, in which envsubst replaces these variables alone. Of a
# folder the files that kubectl apply takes.
substitute() {
  variables=$1
  shift
  for path; do
    if [ -d "$path" ]; then
      set -- "${path%/}"/*.json "${path%/}"/*.yaml "${path%/}"/*.yml
    else
      set -- "$path"
    fi
    for file; do
      # A pattern without a match stands for itself; a file that is named must be there.
      if [ -e "$file" ] || [ "$file" = "$path" ]; then
        echo ---
        envsubst "$variables" < "$file" || return
        echo
      fi
    done
  done
}
