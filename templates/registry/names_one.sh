# names_one LIST: whether a workload has the image. If none has, it may run in another namespace.
names_one() {
  grep -Fq -e "$repository@" -e "$repository:" "$1" ||
    { echo "Nothing is deleted: $1 names no image of $repository. Is kubernetes.namespace right?"; return 1; }
}
