# ---- copy
# registry_copy [OPTION...] IMAGE@DIGEST|IMAGE:TAG IMAGE TAG...
#     Each TAG of the second repository then names this image: same manifests, same digest.
#     Within one registry nothing is transferred if it may be mounted.
#     --to-credentials USER PASSWORD  NAMES of variables for the second one, if they differ
registry_copy() ( registry_run registry_do_copy "$@" )
registry_do_copy() {
  [ $# -gt 2 ] || registry_die "usage: registry_copy [OPTION...] IMAGE@DIGEST|IMAGE:TAG IMAGE TAG..."
  image=$1 target=$2
  shift 2
  for tag in "$@"; do registry_check_tag "$tag"; done
  registry_parse "$target"
  [ -z "$reference" ] || registry_die "'$target': without a tag, please"
  registry_parse "$image"
  [ -n "$reference" ] || registry_die "$image: which tag or digest?"
  registry_login pull
  registry_require pull
  registry_manifest "$reference"
  [ -n "$digest" ] || registry_die "$image: no such image"
  wanted=$digest from_host=$host from_repository=$repository
  from_user_name=$user_name from_password_name=$password_name
  registry_parts
  registry_parse "$target"
  if [ "$to_others" = yes ]; then user_name=$to_user_name password_name=$to_password_name; fi
  if [ "$host" = "$from_host" ]; then
    also_scope=repository:$from_repository:pull
  elif [ "$to_others" = no ]; then
    registry_die "$host is another registry: --to-credentials, please"
  fi
  logged_in=''
  registry_login pull,push
  registry_require pull push
  while read -r blob; do registry_copy_blob "$blob"; done <blobs-of-image
  while read -r part; do registry_put "$part" "$part"; done <manifests-of-image
  for tag in "$@"; do
    registry_manifest "$tag"
    if [ "$digest" = "$wanted" ]; then registry_say "$target:$tag is $wanted already"; continue; fi
    before=${digest:-no image}
    registry_put "$wanted" "$tag"
    registry_manifest "$tag"
    [ "$digest" = "$wanted" ] || registry_die "$target:$tag is ${digest:-nothing}, not $wanted"
    registry_say "copied $image to $target:$tag, from $before to $wanted"
  done
}
registry_parts() { # -> files manifests-of-image, what others hold first, and blobs-of-image
  echo "$wanted" >new
  : >manifests-of-image
  while [ -s new ]; do
    registry_get_all manifests <new
    [ "$(sort -u new)" = "$(sort -u fetched)" ] || registry_die "$image: the registry has not all of it"
    cat fetched manifests-of-image >all && mv all manifests-of-image
    sed 's|^|manifests/|' fetched | registry_json |
      awk -F '\t' '$2 ~ /^manifests\.[0-9]+\.digest$/ && !seen[$3]++ { print $3 }' >new
  done
  # What has an address of its own (base layers of Windows) is in no registry.
  sed 's|^|manifests/|' manifests-of-image | registry_json | awk -F '\t' '
    { split($2, path, "."); layer = $1 path[1] path[2] }
    $2 == "config.digest" || $2 ~ /^layers\.[0-9]+\.digest$/ { blob[layer] = $3 }
    $2 ~ /^layers\.[0-9]+\.urls\./ { elsewhere[layer] }
    END { for (i in blob) if (!(i in elsewhere)) print blob[i] }' | sort -u >blobs-of-image
}
registry_copy_blob() { # DIGEST
  registry_request HEAD "blobs/$1" --head
  case $status in 200) return 0 ;; 404) ;; *) registry_fail "$repository@$1" ;; esac
  path=blobs/uploads/
  if [ "$host" = "$from_host" ]; then path="$path?mount=$1&from=$from_repository"; fi
  registry_request POST "$path" --data ''
  case $status in 201) return 0 ;; 202) ;; *) registry_fail "upload to $repository" ;; esac
  location=$(registry_header location | sed 's|^https*://[^/]*||')
  case $location in *\?*) location="$location&digest=$1" ;; *) location="$location?digest=$1" ;; esac
  registry_download "$1" || exit 1
  registry_request PUT "$location" --upload-file blob --max-time 3600 \
    --header 'Content-Type: application/octet-stream'
  [ "$status" = 201 ] || registry_fail "upload $1 to $repository"
  rm blob
}
registry_download() ( # DIGEST -> file blob; in a subshell, so the login at the other end stays
  user_name=$from_user_name password_name=$from_password_name logged_in='' also_scope=''
  registry_parse "$image"
  registry_login pull
  registry_request GET "blobs/$1" --max-time 3600
  [ "$status" = 200 ] || registry_fail "$repository@$1"
  [ "sha256:$(sha256sum <body | cut -d ' ' -f 1)" = "$1" ] || registry_die "$repository@$1 is damaged"
  mv body blob
)
registry_put() { # DIGEST TAG|DIGEST; a manifest of OCI may leave out its type
  type=$(echo "manifests/$1" | registry_json | awk -F '\t' '
    $2 == "mediaType" { type = $3 }
    $2 ~ /^manifests\./ { index_of = "index" }
    END { print type ? type : "application/vnd.oci.image." (index_of ? index_of : "manifest") ".v1+json" }')
  registry_request PUT "manifests/$2" --header "Content-Type: $type" --data-binary "@manifests/$1"
  [ "$status" = 201 ] || registry_fail "put $repository $2"
}
