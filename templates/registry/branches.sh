# The time, and the living branches and tags, each also as CI_COMMIT_REF_SLUG has it.
date +%s > branches.txt
helper='!printf "username=gitlab-ci-token\npassword=%s\n" "$CI_JOB_TOKEN"; :'
git -c credential.helper="$helper" ls-remote --heads --tags --refs "$CI_PROJECT_URL.git" > refs.txt
grep -q refs/heads/ refs.txt
sed -E 's|^[^/]*refs/[^/]*/||' refs.txt > names.txt
# One byte for each character, as GitLab makes one dash of it.
tr -d '\200-\277' < names.txt | tr '[:upper:]' '[:lower:]' | LC_ALL=C sed -E \
  's/[^a-z0-9]/-/g; s/^(.{63}).*/\1/; s/^-+//; s/-+$//' | cat names.txt - >> branches.txt
