# branch_of ERE: lines of the same form for build caches; the group of the expression is the branch.
branch_of() { sed -nE "s#^($1)\$#- $repository:& - \\2#p"; }
