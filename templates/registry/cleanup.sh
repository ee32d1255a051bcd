# ---- cleanup (with `delete_tag`; `creation_time`: COUNT above 0, --older-than; `branches`: --gone)
# registry_cleanup [OPTION...] IMAGE
#     Deletes tags of the repository. A PATTERN is an ERE for a whole tag, in which a dot is a dot;
#     its group ( ), if it has one, is the branch. These tags go:
#     --all-but COUNT PATTERN  those of all images but the COUNT newest, of each branch; images of
#         one creation time stay or go together
#     --gone PATTERN           those of branches that are gone; a tag that any PATTERN takes for that
#         of a living branch stays
#     and of them these stay, with all tags of their image:
#     --older-than SECONDS  younger images    --keep TAG        the image of TAG
#     --dry-run  lists, deletes nothing       --keep-regex ERE  images of tags that match
#     Where its age decides, an image without a creation time stays.
registry_cleanup() ( registry_run registry_do_cleanup "$@" )
registry_do_cleanup() {
  [ $# -eq 1 ] || registry_die "usage: registry_cleanup [OPTION...] IMAGE"
  [ -s rules ] || registry_die "neither --all-but nor --gone: what goes?"
  registry_parse "$1"
  [ -z "$reference" ] || registry_die "'$1': without a tag, please"
  : >living
  if grep -q '^gone ' rules; then registry_branches >living || exit 1; fi
  registry_login pull,push,delete
  registry_require pull
  [ "$dry_run" = yes ] || registry_require delete
  registry_list_tags >listed
  # Each rule with the tags that it is about: lines "NUMBER RULE BRANCH TAG".
  number=0
  : >about
  while read -r rule pattern; do
    number=$((number + 1)) branch=-
    case $pattern in *'('*) branch='\2' ;; esac
    pattern=$(printf '%s\n' "$pattern" | sed 's/\./\\./g')
    sed -nE "s/^($pattern)\$/$number $rule $branch \\1/p" listed >>about
  done <rules
  awk 'FILENAME == "living" { if (sub(/\*$/, "")) starts[$0]; else living[$0]; next }
    {
      lives = $3 in living
      for (start in starts) if (index($3, start) == 1) lives = 1
      if ($3 != "-" && lives) stays[$4]
      if ($2 == "gone") gone[$4]
    }
    END { for (tag in gone) if (!(tag in stays)) print tag }' living about >doomed-by-branch
  awk '$2 != "gone" { print $4 }' about | cat - doomed-by-branch | sort -u >candidates
  [ -s candidates ] || return 0
  grep -E -f keep-regex listed >kept || :
  sort -u candidates kept >looked-at
  registry_get_all manifests <looked-at # not at the end of a pipe, where a failure ends nothing
  sed 's|^|manifests/|' fetched | xargs sha256sum | # of nothing: a line without a tag
    awk 'sub(".*/", "", $2) { print "sha256:" $1, $2 }' >images
  : >epochs
  if [ -n "$older_than" ] || grep -q '^[0-9]*[1-9]' rules; then registry_ages; fi
  # Of each rule and branch the newest images first: an image with several tags counts once.
  awk 'FILENAME == "images" { digest[$2] = $1; next }
    FILENAME == "epochs" { time[$1] = $2; next }
    $2 == "gone" || !($4 in digest) { next }
    $2 == 0 { print 0, 0, 0, digest[$4], $4; next }
    digest[$4] in time { print $1 "/" $3, $2, time[digest[$4]], digest[$4], $4 }' images epochs about |
    sort -k 1,1 -k 3,3rn |
    awk '$1 != group { group = $1; count = 0 }
      $2 == 0 { print $5; next }
      !((group, $4) in seen) { seen[group, $4]; if (++count <= $2) cut = $3 }
      count > $2 && $3 < cut { print $5 }' >doomed-by-count
  # Only now, after all that listing, see what is deployed.
  awk 'FILENAME == "kept" { kept[$1]; next } $2 in kept { print $1 }' kept images >protected
  for tag in $keep; do
    registry_manifest "$tag"
    echo "${digest:-nothing}" >>protected
  done
  cat doomed-by-branch doomed-by-count >doomed
  awk -v younger="$older_than" -v now="$(date +%s)" '
    FILENAME == "protected" { protected[$1]; next }
    FILENAME == "epochs" { time[$1] = $2; next }
    FILENAME == "doomed" { doomed[$1]; next }
    !($2 in doomed) || $1 in protected { next }
    younger == "" || $1 in time && time[$1] < now - younger' protected epochs doomed images >going
  while read -r listed_digest tag; do
    if [ "$dry_run" = yes ]; then registry_say "would delete $repository:$tag"; continue; fi
    registry_manifest "$tag"
    case $digest in
      '') registry_say "$repository:$tag is already gone" ;;
      "$listed_digest") registry_untag "$tag"; registry_say "deleted $repository:$tag" ;;
      *) registry_say "$repository:$tag stays: it has moved meanwhile" ;;
    esac
  done <going
  [ ! -s untagged ] || registry_free
}
registry_ages() { # -> file epochs, lines "DIGEST EPOCH"; tells which of the images have none
  awk 'FILENAME == "candidates" { wanted[$1]; next } $2 in wanted && !seen[$1]++ { print $2 }' \
    candidates images >one-tag-each
  registry_created <one-tag-each >created
  awk 'FILENAME == "created" { time[$1] = $2; next } $2 in time { print $1, time[$2] }' \
    created images >epochs
  awk 'FILENAME == "created" { known[$1]; next } !($1 in known)' created one-tag-each >unknown
  [ ! -s unknown ] || registry_say "creation time unknown: $(tr '\n' ' ' <unknown)"
}
