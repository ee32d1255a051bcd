# wait_for_rollout TIMEOUT MANIFESTS: fails unless each workload becomes ready in this time.
wait_for_rollout() {
  timeout=$1
  shift
  objects "$@" > "$job_tmp/objects" || return
  workloads "$job_tmp/objects" | while read -r namespace workload; do
    kubectl --namespace "$namespace" rollout status "$workload" --timeout="$timeout" < /dev/null || exit
  done
}
