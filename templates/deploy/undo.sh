# undo_rollout FILE MANIFESTS: takes back those that are not as `workloads` wrote them to FILE.
undo_rollout() {
  before=$1
  shift
  workloads "$@" | grep -Fvx -f "$before" > "$job_tmp/workloads"
  while read -r namespace workload _; do
    kubectl --namespace "$namespace" rollout undo "$workload" < /dev/null || true
  done < "$job_tmp/workloads"
}
