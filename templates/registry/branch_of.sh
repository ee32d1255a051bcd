# branch_of ERE...: adds the branch, which is the group of the expression that matches the tag.
branch_of() {
  for tag; do set -- "$@" -e "s/ ($tag)\$/& \\2/p"; shift; done
  sed -nE "$@"
}
