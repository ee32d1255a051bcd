# Image tags in a container registry, by curl and a POSIX shell alone: no Docker daemon.
#
# registry_delete_tag  [OPTION...] IMAGE:TAG...
#     The tags go; other tags of the same image stay. A tag that is already gone is done.
# registry_move_tag    [OPTION...] [--unless-newer] IMAGE@DIGEST|IMAGE:TAG TAG...
#     Each TAG (of the same repository) then names this image: same manifest, same digest.
#     --unless-newer leaves a TAG alone whose image was created later, so that an older pipeline
#     that comes last turns nothing back. An image without a creation time is not "later".
# registry_keep_newest [OPTION...] COUNT IMAGE
#     Deletes the tags of all images of the repository but the COUNT newest. Images of one
#     creation time stay or go together; an image without a creation time stays.
#     --only-regex ERE  only tags that match     --protect TAG     the image of TAG stays
#     --keep TAG        this tag stays           --older-than SEC  younger images stay
#     --keep-regex ERE  tags that match stay     --dry-run         lists, deletes nothing
# registry_current [OPTION...] IMAGE:TAG
#     Prints the digest of the image that TAG names, if it can stay, else `none`, and says why not.
#     --older-than SEC  it must be younger     --recipe HASH  its label windlass.recipe must be HASH
# OPTION: --credentials USER PASSWORD  NAMES of variables (CI_REGISTRY_USER CI_REGISTRY_PASSWORD)
#         --delete-by tag|dummy|auto   tag: GitLab from 16.4, distribution from 3.0; dummy: older,
#              pushes a unique dummy over the tag and deletes that; auto (default): tag, else dummy
#
# A pipeline may leave out sections (they begin with four dashes) that it does not use.
# Rights are checked before anything changes. What goes wrong is told in one line, with status 1.
# Needs curl and awk base64 cat cut date grep mkdir mktemp od rm sed sha256sum sort tr xargs.

registry_say()  { printf 'registry: %s\n' "$*"; }
registry_die()  { registry_say "$*" >&2; exit 1; }
registry_fail() { registry_die "$1: HTTP $status $(tr -cd ' -~' <body | cut -c 1-200)"; }

# Runs FUNCTION after the options. Its callers are subshells, ( ) rather than { }: no variable,
# trap, option or directory of the job changes.
registry_run() {
  set +x # a trace would show the token, which GitLab does not mask
  umask 077
  export LC_ALL=C
  work=$(mktemp -d) || registry_die "no temporary directory"
  trap 'cd / && rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' HUP TERM
  cd "$work" && mkdir manifests blobs || exit 1
  action=$1 user_name=CI_REGISTRY_USER password_name=CI_REGISTRY_PASSWORD delete_by=auto
  unless_newer=no dry_run=no only=. older_than='' recipe='' protect='' logged_in='' deletes_digests=''
  # All four: with fewer a registry answers 404, or with another manifest.
  manifest_types=application/vnd.docker.distribution.manifest.v2+json
  manifest_types="$manifest_types, application/vnd.docker.distribution.manifest.list.v2+json"
  manifest_types="$manifest_types, application/vnd.oci.image.manifest.v1+json"
  manifest_types="$manifest_types, application/vnd.oci.image.index.v1+json"
  echo >keep # grep's lists of patterns; the first ones match no tag
  echo '^$' >keep-regex
  shift
  while :; do
    case ${1-} in
      --credentials) user_name=${2-} password_name=${3-}; shift 2 ;;
      --delete-by) delete_by=${2-}; shift ;;
      --only-regex) registry_check_regex "${2-}"; only=$2; shift ;;
      --keep) registry_check_tag "${2-}"; echo "$2" >>keep; shift ;;
      --keep-regex) registry_check_regex "${2-}"; printf '%s\n' "$2" >>keep-regex; shift ;;
      --protect) registry_check_tag "${2-}"; protect="$protect $2"; shift ;;
      --older-than) registry_check_number "${2-}"; older_than=$2; shift ;;
      --recipe) registry_check_tag "${2-}"; recipe=$2; shift ;;
      --unless-newer) unless_newer=yes ;;
      --dry-run) dry_run=yes ;;
      -*) registry_die "unknown option $1" ;;
      *) break ;;
    esac
    shift
  done
  case $delete_by in tag | dummy | auto) ;; *) registry_die "--delete-by '$delete_by'" ;; esac
  "$action" "$@"
}
# An undefined variable must not protect, keep or delete something else in silence.
registry_check_number() { case $1 in '' | *[!0-9]*) registry_die "'$1' is no number" ;; esac; }
registry_check_tag() { case $1 in '' | [.-]* | *[!A-Za-z0-9._-]*) registry_die "'$1' is no tag" ;; esac; }
registry_check_regex() {
  if [ -z "$1" ]; then registry_die "an empty ERE matches every tag"; fi
  echo tag | grep -E -e "$1" >/dev/null || [ $? -eq 1 ] || registry_die "'$1' is no ERE"
}

# host[:port]/path[:tag][@digest] -> $host $repository $reference (the digest rather than the tag)
registry_parse() {
  case $1 in *[!A-Za-z0-9._:/@-]*) registry_die "'$1' is no image" ;; esac
  printf '%s\n' "$1" | grep -Eqx '([^/@]+[.:][^/@]+|localhost)/[a-z0-9][a-z0-9._/-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@sha256:[0-9a-f]{64})?' ||
    registry_die "'$1' is no image: host[:port]/path:tag is wanted"
  host=${1%%/*} repository=${1#*/} reference=''
  case $repository in *@*) reference=${repository#*@} repository=${repository%@*} ;; esac
  case $repository in *:*) reference=${reference:-${repository#*:}} repository=${repository%%:*} ;; esac
  base=https://$host/v2/$repository
}

# curl reads its configuration from standard input, the secret first: it is never an argument.
registry_curl() {
  { printf '%s\n' "$authorization"; cat; } | curl --config - --silent --show-error \
    --connect-timeout 10 --max-time 120 --retry 2 --location "$@"
}
registry_send() { # METHOD URL [CURL-ARGUMENT...] -> $status, files headers and body
  method=$1 url=$2
  shift 2
  : >body
  status=$(registry_curl --request "$method" --dump-header headers --output body \
    --write-out '%{http_code}' "$@" "$url" </dev/null) || registry_die "$method $url: no answer"
}
registry_request() { # METHOD PATH [CURL-ARGUMENT...]; a token that has expired is renewed once
  method=$1 path=$2
  shift 2
  set -- "$method" "$base/$path" --header "Accept: $manifest_types" "$@"
  registry_send "$@"
  if [ "$status" = 401 ] && [ -n "$realm" ]; then
    registry_token
    registry_send "$@"
  fi
}
registry_header() { # NAME in small letters -> its value in the last answer
  tr -d '\r' <headers | awk -v name="$1:" '/^HTTP\// { value = "" }
    index(tolower($0), name) == 1 { value = substr($0, length(name) + 1); sub(/^ +/, "", value) }
    END { print value }'
}

# Names of JSON files on standard input -> for each value a line "FILE <tab> PATH <tab> VALUE",
# PATH like manifests.0.platform.os
registry_json() {
  awk '
  function read_tokens(  token, path, i) {
    while (match(json, /^[ \t\r\n]*("([^"\\]|\\.)*"|[^][{}:," \t\r\n]+|[][{}:,])/)) {
      token = substr(json, 1, RLENGTH); json = substr(json, RLENGTH + 1)
      sub(/^[ \t\r\n]+/, "", token)
      if (token == "{" || token == "[") { kind[++depth] = token; key[depth] = (token == "[") ? 0 : "" }
      else if (token == "}" || token == "]") depth--
      else if (token == ",") { if (kind[depth] == "[") key[depth]++; else key[depth] = "" }
      else if (token != ":") {
        if (token ~ /^"/) { token = substr(token, 2, length(token) - 2); gsub(/\\\//, "/", token) }
        if (kind[depth] == "{" && key[depth] == "") { key[depth] = token; continue }
        path = key[1]; for (i = 2; i <= depth; i++) path = path "." key[i]
        print file "\t" path "\t" token
      }
    }
  }
  { file = $0; json = ""; depth = 0
    RS = "," # piece by piece: a string that holds a comma is only read when it is whole
    while ((getline piece <file) > 0) { json = json piece ","; read_tokens() }
    close(file); RS = "\n" }'
}

registry_login() { # ACTION,... -> a token for the repository, got where the registry says
  [ "$logged_in" != "$host/$repository" ] || return 0
  logged_in=$host/$repository actions=$1 realm='' authorization='' granted='*'
  registry_send GET "https://$host/v2/"
  case $status in 200) return 0 ;; 401) ;; *) registry_fail "$host" ;; esac
  challenge=$(registry_header www-authenticate)
  case $user_name$password_name in
    '' | *[!A-Za-z0-9_]*) registry_die "--credentials wants the names of two variables" ;;
  esac
  eval "user=\${$user_name-} password=\${$password_name-}"
  if [ -z "$user" ] || [ -z "$password" ]; then registry_die "$user_name or $password_name is empty"; fi
  credentials=$(printf '%s:%s\n' "$user" "$password" | sed 's/[\\"]/\\&/g; s/.*/user = "&"/')
  case $challenge in
    [Bb]earer*)
      realm=$(printf '%s\n' "$challenge" | sed -n 's/.*realm="\([^"]*\)".*/\1/p')
      service=$(printf '%s\n' "$challenge" | sed -n 's/.*service="\([^"]*\)".*/\1/p')
      registry_token ;;
    [Bb]asic*)
      authorization=$credentials
      registry_send GET "https://$host/v2/"
      [ "$status" = 200 ] || registry_fail "$host refuses $user_name and $password_name" ;;
    *) registry_die "$host: unknown challenge '$challenge'" ;;
  esac
}
registry_token() {
  authorization=$credentials
  registry_send GET "$realm" --get --data-urlencode "service=$service" \
    --data-urlencode "scope=repository:$repository:$actions"
  [ "$status" = 200 ] || registry_fail "$realm refuses $user_name and $password_name"
  token=$(echo body | registry_json | awk -F '\t' '$2 ~ /^(access_)?token$/ { t = $3 } END { print t }')
  [ -n "$token" ] || registry_die "$realm: no token in the answer"
  authorization="header = \"Authorization: Bearer $token\""
  # GitLab answers 200 with a token for FEWER actions than asked for: read what it grants.
  payload=$(printf '%s' "$token" | cut -d . -f 2 | tr '_-' '/+')
  while [ $((${#payload} % 4)) -ne 0 ]; do payload=$payload=; done
  printf '%s' "$payload" | base64 -d >body 2>not-base64 || : >body
  if grep -q '"access"' body; then # else it is opaque, and the registry alone knows
    granted=$(echo body | registry_json | awk -F '\t' -v repository="$repository" '
      split($2, path, ".") && path[1] == "access" {
        if (path[3] == "name" && $3 == repository) here[path[2]]
        if (path[3] == "actions") actions[path[2]] = actions[path[2]] $3 ","
      }
      END { for (i in here) printf "%s", actions[i] }')
  fi
  : >body
}
registry_require() { # ACTION...
  for right in "$@"; do
    case ,$granted, in
      *",$right,"* | *',*,'*) ;;
      *) registry_die "$user_name has no right to $right in $repository (but: ${granted:-none})" ;;
    esac
  done
}

registry_manifest() { # TAG|DIGEST -> file body, $digest (empty: there is none)
  registry_request GET "manifests/$1"
  case $status in
    200) digest=sha256:$(sha256sum <body | cut -d ' ' -f 1) ;;
    404) digest='' ;;
    *) registry_fail "$repository $1" ;;
  esac
}
registry_list_tags() { # prints all tags; of a next page's address only the query is used
  page='tags/list?n=100'
  while [ -n "$page" ]; do
    registry_request GET "$page"
    case $status in 200) ;; 404) return 0 ;; *) registry_fail "tags of $repository" ;; esac
    grep -q '"tags"' body || registry_fail "tags of $repository: no list"
    echo body | registry_json |
      awk -F '\t' '$2 ~ /^tags\.[0-9]+$/ && $3 ~ /^[A-Za-z0-9_][A-Za-z0-9._-]*$/ { print $3 }'
    page=$(registry_header link | sed -n 's/^<[^>]*\(tags\/list?[^>]*\)>; *rel="*next.*/\1/p')
  done
}
# manifests|blobs: GETs those named on standard input into files named so, over one connection,
# and lists those that exist in the file fetched. Where a token expires it goes on with the next.
registry_get_all() {
  cat >wanted
  : >fetched
  for round in 1 2 3 4 5 6 7 8 9; do
    [ -s wanted ] || return 0
    [ "$round" = 1 ] || registry_token
    awk -v url="$base/$1/" -v file="$1/" '
      { print "url = \"" url $0 "\"\noutput = \"" file $0 "\"" }' wanted >urls
    registry_curl --fail-early --header "Accept: $manifest_types" --write-out \
      '%{http_code} %{filename_effective}\n' <urls >answers || registry_die "$base: no answer"
    sed -n 's|^200 [a-z]*/||p' answers >>fetched
    sed -n 's|^401 [a-z]*/||p' answers >wanted
    status=$(awk '$1 !~ /^(200|401|404)$/ { code = $1 } END { print code }' answers)
    [ -z "$status" ] || registry_fail "$1 of $repository"
  done
  status=401
  registry_fail "$1 of $repository"
}

# ---- delete_tag
# TAG, naming $digest now: the tag goes, and no other tag with it
registry_untag() {
  if [ "$delete_by" != dummy ]; then
    registry_request DELETE "manifests/$1"
    case $delete_by$status in
      *202 | *200 | *404) return 0 ;;
      auto400 | auto405) delete_by=dummy ;;
      *) registry_fail "delete $repository:$1" ;;
    esac
  fi
  registry_untag_by_dummy "$1"
}
registry_delete_tag() ( registry_run registry_do_delete_tag "$@" )
registry_do_delete_tag() {
  [ $# -gt 0 ] || registry_die "usage: registry_delete_tag [OPTION...] IMAGE:TAG..."
  for image in "$@"; do
    registry_parse "$image"
    registry_check_tag "$reference"
    registry_login pull,push,delete
    registry_require pull delete
  done
  for image in "$@"; do
    registry_parse "$image"
    registry_login pull,push,delete
    registry_manifest "$reference"
    if [ -z "$digest" ]; then registry_say "$image is already gone"; continue; fi
    registry_untag "$reference"
    registry_say "deleted $image"
    [ ! -s untagged ] || registry_free
  done
}

# ---- dummy (without it: --delete-by tag)
registry_untag_by_dummy() {
  registry_require push
  if [ -z "$deletes_digests" ]; then # ask before the tag is overwritten: what can't exist is 404
    registry_request DELETE "manifests/sha256:$(printf '%064d' 0)"
    [ "$status" = 404 ] || registry_fail "$host does not delete by digest"
    deletes_digests=yes
  fi
  echo "$digest" >>untagged
  # Random, so that the dummies of two pipelines are never one manifest.
  nonce=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  [ ${#nonce} -eq 32 ] || registry_die "no random number"
  type=application/vnd.docker.distribution.manifest.list.v2+json
  printf '{"schemaVersion":2,"mediaType":"%s","manifests":[],"dummy":"%s"}' "$type" "$nonce" >dummy
  # 2.8 deletes the manifest, then its tags, and where another tag changes meanwhile it fails in
  # between (500) and leaves a tag of nothing. So only 202 is an end; else all once more.
  for attempt in first second third; do
    registry_request PUT "manifests/$1" --header "Content-Type: $type" --data-binary @dummy
    [ "$status" = 201 ] || registry_fail "push a dummy to $repository:$1"
    registry_request DELETE "manifests/sha256:$(sha256sum <dummy | cut -d ' ' -f 1)"
    [ "$status" != 202 ] || return 0
  done
  registry_fail "delete the dummy $repository:$1 ($attempt time)"
}
# GitLab frees untagged manifests itself, 2.x never does: there those in the file untagged go,
# unless a tag names them or an index that holds them.
registry_free() {
  registry_list_tags >listed
  registry_get_all manifests <listed
  sed 's|^|manifests/|' fetched >tagged
  xargs sha256sum <tagged >in-use || registry_die "manifests of $repository not read"
  xargs cat <tagged >>in-use || registry_die "manifests of $repository not read"
  sort -u untagged >candidates
  while read -r digest; do
    if grep -qF "${digest#sha256:}" in-use; then
      registry_say "$repository@$digest stays: it has another tag"
    else
      registry_request DELETE "manifests/$digest"
      case $status in 202 | 200 | 404) ;; *) registry_fail "delete $repository@$digest" ;; esac
      registry_say "deleted $repository@$digest"
    fi
  done <candidates
  : >untagged
}

# ---- move_tag
registry_move_tag() ( registry_run registry_do_move_tag "$@" )
registry_do_move_tag() {
  [ $# -gt 1 ] || registry_die "usage: registry_move_tag [OPTION...] IMAGE@DIGEST|IMAGE:TAG TAG..."
  registry_parse "$1"
  [ -n "$reference" ] || registry_die "$1: which tag or digest?"
  image=$1
  shift
  for tag in "$@"; do registry_check_tag "$tag"; done
  registry_login pull,push
  registry_require pull push
  registry_manifest "$reference"
  [ -n "$digest" ] || registry_die "$image: no such image"
  cat body >manifests/new
  wanted=$digest type=$(registry_header content-type)
  for tag in "$@"; do
    registry_manifest "$tag"
    if [ "$digest" = "$wanted" ]; then registry_say "$repository:$tag is $wanted already"; continue; fi
    if [ "$unless_newer" = yes ] && [ -n "$digest" ]; then
      cat body >manifests/old
      printf '%s\n' new old >pair
      registry_created <pair >created
      if awk '{ time[$1] = $2 } END { exit !("new" in time && time["old"] > time["new"]) }' created; then
        registry_say "$repository:$tag stays: its image $digest is newer than $wanted"
        continue
      fi
    fi
    registry_request PUT "manifests/$tag" --header "Content-Type: $type" --data-binary @manifests/new
    [ "$status" = 201 ] || registry_fail "move $repository:$tag"
    before=${digest:-no image}
    registry_manifest "$tag"
    [ "$digest" = "$wanted" ] || registry_die "$repository:$tag is ${digest:-nothing}, not $wanted"
    registry_say "moved $repository:$tag from $before to $wanted"
  done
}

# ---- creation_time (without it: no --unless-newer)
# Names of files in manifests/ on standard input -> lines "NAME EPOCH", without those that have
# no creation time. It stands in the image's configuration; for an index it is that of the first
# platform (an attestation's is "unknown").
registry_created() {
  cat >names
  sed 's|^|manifests/|' names | registry_links >links
  sed -n 's/.* manifest //p' links | sort -u | grep . >children || :
  registry_get_all manifests <children
  sed 's|^|manifests/|' fetched | registry_links >>links
  sed -n 's/.* configuration //p' links | sort -u >configurations
  registry_get_all blobs <configurations
  sed 's|^|blobs/|' fetched | registry_links >>links
  awk '
    function epoch(t,  y, m, zone, seconds) {
      if (t !~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]/) return 0
      y = substr(t, 1, 4); m = substr(t, 6, 2) + 0
      if (m < 3) { y--; m += 12 } # so a leap day ends the year
      seconds = substr(t, 12, 2) * 3600 + substr(t, 15, 2) * 60 + substr(t, 18) + 86400 * (365 * y \
        + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + substr(t, 9, 2) - 719469)
      if (match(t, /[-+][0-9][0-9]:[0-9][0-9]$/)) {
        zone = substr(t, RSTART + 1, 2) * 3600 + substr(t, RSTART + 4, 2) * 60
        seconds += (substr(t, RSTART, 1) == "-") ? zone : -zone
      }
      return seconds
    }
    FILENAME == "links" { to[$1] = $3; next }
    { x = $1; for (i = 0; i < 3 && x in to; i++) x = to[x] }
    epoch(x) > 0 { printf "%s %.6f\n", $1, epoch(x) }' links names
}
registry_links() { # names of files on standard input -> lines "NAME KIND NEXT" towards that time
  registry_json | awk -F '\t' '
    { name = $1; sub(".*/", "", name); split($2, path, ".") }
    $2 == "created" { print name, "time", $3 }
    $2 == "config.digest" && $3 ~ /^sha256:[0-9a-f]+$/ { print name, "configuration", $3 }
    path[1] == "manifests" && path[3] == "digest" && $3 ~ /^sha256:[0-9a-f]+$/ {
      indexes[name]; child[name, path[2]] = $3 }
    path[1] == "manifests" && path[4] == "os" && $3 == "unknown" { attestation[name, path[2]] }
    END { for (name in indexes) for (i = 0; (name, i) in child; i++)
      if (!((name, i) in attestation)) { print name, "manifest", child[name, i]; break } }'
}

# ---- current (with creation_time)
registry_current() ( registry_run registry_do_current "$@" )
registry_do_current() {
  [ $# -eq 1 ] || registry_die "usage: registry_current [OPTION...] IMAGE:TAG"
  registry_parse "$1"
  [ -n "$reference" ] || registry_die "$1: which tag?"
  registry_login pull
  registry_require pull
  registry_manifest "$reference"
  if [ -z "$digest" ]; then registry_not_current "$1 does not exist"; return 0; fi
  cat body >manifests/current
  echo current | registry_created >created
  sed 's|^|blobs/|' configurations >labelled
  label=$(registry_json <labelled | awk -F '\t' '$2 == "config.Labels.windlass.recipe" { print $3; exit }')
  if [ -n "$recipe" ] && [ "$label" != "$recipe" ]; then
    registry_not_current "$1 is of another recipe: ${label:-none}, not $recipe"
  elif [ -n "$older_than" ] && [ ! -s created ]; then
    registry_not_current "$1 has no creation time"
  elif [ -n "$older_than" ] &&
    awk -v limit="$older_than" -v now="$(date +%s)" '{ exit !($2 < now - limit) }' created; then
    registry_not_current "$1 is older than $older_than seconds"
  else
    registry_say "$1 can stay" >&2
    printf '%s\n' "$digest"
  fi
}
registry_not_current() { registry_say "$1" >&2; echo none; }

# ---- keep_newest (with delete_tag and creation_time)
registry_keep_newest() ( registry_run registry_do_keep_newest "$@" )
registry_do_keep_newest() {
  [ $# -eq 2 ] || registry_die "usage: registry_keep_newest [OPTION...] COUNT IMAGE"
  registry_check_number "$1"
  registry_parse "$2"
  [ -z "$reference" ] || registry_die "'$2': without a tag, please"
  registry_login pull,push,delete
  registry_require pull
  [ "$dry_run" = yes ] || registry_require delete
  registry_list_tags >listed
  grep -E -e "$only" listed | grep -vxF -f keep | grep -vE -f keep-regex >candidates || :
  registry_get_all manifests <candidates
  sed 's|^|manifests/|' fetched | xargs sha256sum | # of nothing: a line without a tag
    awk 'sub(".*/", "", $2) { print "sha256:" $1, $2 }' >images
  awk '!seen[$1]++ { print $2 }' images >one-tag-each
  registry_created <one-tag-each >created
  awk 'FILENAME == "created" { time[$1] = $2; next } $2 in time { print $1, time[$2] }' \
    created images | sort -k 2,2rn |
    awk -v count="$1" -v younger="$older_than" -v now="$(date +%s)" '
      NR <= count { cut = $2; next }
      (count == 0 || $2 < cut) && (younger == "" || $2 < now - younger) { print $1 }' >old
  awk 'FILENAME == "created" { known[$1]; next } !($1 in known)' created one-tag-each >unknown
  [ ! -s unknown ] || registry_say "creation time unknown, so these stay: $(tr '\n' ' ' <unknown)"
  # Only now, after all that listing, see what is deployed.
  echo nothing >protected
  for tag in $protect; do
    registry_manifest "$tag"
    echo "${digest:-nothing}" >>protected
  done
  awk 'FILENAME == "old" { old[$1]; next } $1 in old' old images | grep -vF -f protected >doomed || :
  while read -r listed_digest tag; do
    if [ "$dry_run" = yes ]; then registry_say "would delete $repository:$tag"; continue; fi
    registry_manifest "$tag"
    case $digest in
      '') registry_say "$repository:$tag is already gone" ;;
      "$listed_digest") registry_untag "$tag"; registry_say "deleted $repository:$tag" ;;
      *) registry_say "$repository:$tag stays: it has moved meanwhile" ;;
    esac
  done <doomed
  [ ! -s untagged ] || registry_free
}
