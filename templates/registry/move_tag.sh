# move_tag TAG: on the default branch the image is built as this tag, or the tag names the current image.
move_tag() {
  tag=$recipe
  if [ "$CI_COMMIT_BRANCH" = "$CI_DEFAULT_BRANCH" ]; then
    tag=$1
    [ "$current" = none ] || regctl image copy "$repository@$current" "$repository:$tag"
  fi
}
