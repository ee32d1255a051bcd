# run_job SECONDS FILE: runs the Job of a manifest, in place of that of an earlier deployment, and fails unless it
# completes in this time.
run_job() {
  kubectl delete --filename "$2" --ignore-not-found
  kubectl apply --filename "$2"
  end=$(($(date +%s) + $1))
  until kubectl wait --filename "$2" --for=condition=complete --timeout=5s 2> /dev/null; do
    failed=$(kubectl get --filename "$2" --output 'jsonpath={.status.conditions[?(@.type=="Failed")].status}')
    if [ "$failed" = True ] || [ "$(date +%s)" -ge "$end" ]; then
      kubectl logs "$(kubectl get --filename "$2" --output name)" --all-containers --tail=100 || true
      echo "the migration did not complete: nothing is deployed" >&2
      return 1
    fi
  done
}
