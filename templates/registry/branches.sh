# The time, and the living branches and tags, each also as CI_COMMIT_REF_SLUG has it.
helper='!printf "username=gitlab-ci-token\npassword=%s\n" "$CI_JOB_TOKEN"; :'
date -u +%Y-%m-%dT%H:%M:%SZ > branches.txt
git -c credential.helper="$helper" ls-remote --heads --tags --refs "$CI_PROJECT_URL.git" > refs.txt
grep -q refs/heads/ refs.txt
sed -E 's|^[^/]*refs/[^/]*/||' refs.txt >> branches.txt
# Of each character one byte, which becomes one dash.
sed -E 's|^[^/]*refs/[^/]*/||' refs.txt | tr -d '\200-\277' | tr '[:upper:]' '[:lower:]' |
  LC_ALL=C sed -E 's/[^a-z0-9]/-/g; s/^(.{63}).*/\1/; s/^-+//; s/-+$//' >> branches.txt
