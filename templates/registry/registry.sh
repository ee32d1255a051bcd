# Image tags in a container registry, by curl and a POSIX shell alone: no Docker daemon.
#
# The functions take options first. Of all of them:
#   --credentials USER PASSWORD  NAMES of variables (CI_REGISTRY_USER CI_REGISTRY_PASSWORD)
# IMAGE is host[:port]/path. Sections begin with four dashes; a pipeline holds those that it uses.
#
# Rights are checked before anything changes. What goes wrong is told in one line, with status 1.
# Needs curl and awk base64 cat cut date grep mkdir mktemp mv od rm sed sha256sum sort tr xargs.

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
  to_user_name='' to_password_name='' to_others=no unless_newer=no dry_run=no older_than=''
  recipe='' keep='' logged_in='' also_scope='' deletes_digests=''
  # All four: with fewer a registry answers 404, or with another manifest.
  manifest_types=application/vnd.docker.distribution.manifest.v2+json
  manifest_types="$manifest_types, application/vnd.docker.distribution.manifest.list.v2+json"
  manifest_types="$manifest_types, application/vnd.oci.image.manifest.v1+json"
  manifest_types="$manifest_types, application/vnd.oci.image.index.v1+json"
  : >rules
  echo '^$' >keep-regex # grep's list of patterns; this one matches no tag
  shift
  while :; do
    case ${1-} in
      --credentials) user_name=${2-} password_name=${3-}; shift 2 ;;
      --to-credentials) to_others=yes to_user_name=${2-} to_password_name=${3-}; shift 2 ;;
      --delete-by) delete_by=${2-}; shift ;;
      --unless-newer) unless_newer=yes ;;
      --gone) registry_check_pattern "${2-}"; printf 'gone %s\n' "$2" >>rules; shift ;;
      --all-but)
        registry_check_number "${2-}"
        registry_check_pattern "${3-}"
        printf '%s %s\n' "$2" "$3" >>rules
        shift 2 ;;
      --older-than) registry_check_number "${2-}"; older_than=$2; shift ;;
      --recipe) registry_check_tag "${2-}"; recipe=$2; shift ;;
      --keep) registry_check_tag "${2-}"; keep="$keep $2"; shift ;;
      --keep-regex) registry_check_regex "${2-}"; printf '%s\n' "$2" >>keep-regex; shift ;;
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
registry_check_pattern() {
  registry_check_regex "$1"
  case $1 in */* | *'&'* | *' '*) registry_die "'$1' matches no tag" ;; esac
}

# host[:port]/path[:tag][@digest] -> $host $repository $reference (the digest rather than the tag)
registry_parse() {
  case $1 in *[!A-Za-z0-9._:/@-]*) registry_die "'$1' is no image" ;; esac
  printf '%s\n' "$1" | grep -Eqx '([^/@]+[.:][^/@]+|localhost)/[a-z0-9][a-z0-9._/-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@sha256:[0-9a-f]{64})?' ||
    registry_die "'$1' is no image: host[:port]/path:tag is wanted"
  host=${1%%/*} repository=${1#*/} reference=''
  case $repository in *@*) reference=${repository#*@} repository=${repository%@*} ;; esac
  case $repository in *:*) reference=${reference:-${repository#*:}} repository=${repository%%:*} ;; esac
  case $host in docker.io | index.docker.io) host=registry-1.docker.io ;; esac
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
# METHOD PATH [CURL-ARGUMENT...]: PATH of the repository, or with a slash in front of the host;
# a token that has expired is renewed once.
registry_request() {
  method=$1 path=$2
  shift 2
  case $path in /*) path=https://$host$path ;; *) path=$base/$path ;; esac
  set -- "$method" "$path" --header "Accept: $manifest_types" "$@"
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
  # GitLab's own are of no use elsewhere, and nobody else's business.
  if [ "$user_name" = CI_REGISTRY_USER ] && [ "$host" != "${CI_REGISTRY-}" ]; then
    registry_die "$host wants a login: CI_REGISTRY_USER is for ${CI_REGISTRY:-no registry} alone"
  fi
  eval "user=\${$user_name-} password=\${$password_name-}"
  if [ -z "$user" ] || [ -z "$password" ]; then registry_die "$user_name or $password_name is empty"; fi
  credentials=$(registry_credentials "$user" "$password")
  scheme=$(printf '%s\n' "${challenge%% *}" | tr '[:upper:]' '[:lower:]')
  case $scheme in
    bearer)
      realm=$(printf '%s\n' "$challenge" | sed -n 's/.*realm="\([^"]*\)".*/\1/p')
      service=$(printf '%s\n' "$challenge" | sed -n 's/.*service="\([^"]*\)".*/\1/p')
      registry_token ;;
    basic)
      authorization=$credentials
      registry_send GET "https://$host/v2/"
      [ "$status" = 200 ] || registry_fail "$host refuses $user_name and $password_name" ;;
    *) registry_die "$host: unknown challenge '$challenge'" ;;
  esac
}
registry_credentials() { # USER PASSWORD, as curl's configuration wants them; a key has several lines
  printf '%s:%s' "$1" "$2" | sed 's/[\\"]/\\&/g' |
    awk '{ text = text between $0; between = "\\n" } END { printf "user = \"%s\"\n", text }'
}
registry_token() {
  authorization=$credentials
  registry_send GET "$realm" --get --data-urlencode "service=$service" \
    --data-urlencode "scope=repository:$repository:$actions" \
    ${also_scope:+--data-urlencode "scope=$also_scope"}
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
