# delete_job NAMESPACE NAME: deletes a Job, and waits until none of its pods is left that could still work.
delete_job() {
  kubectl --namespace "$1" delete "job.batch/$2" --ignore-not-found --cascade=foreground --timeout=60s
}
# run_job SECONDS FILE: runs the one Job of a manifest, in place of that of an earlier deployment, and fails
# unless it completes in this time. No two runs of a migration may work at the same time.
run_job() {
  kubectl create --dry-run=client --filename "$2" --output \
    'jsonpath={.apiVersion}/{.kind} {.metadata.namespace} {.metadata.name}{"\n"}' > "$job_tmp/objects" || return
  read -r kind namespace name < "$job_tmp/objects"
  if [ "$kind" != batch/v1/Job ] || [ -z "$name" ] || [ "$(wc -l < "$job_tmp/objects")" -ne 1 ]; then
    cat "$job_tmp/objects" >&2
    echo "$2 is not exactly one Job with a name: nothing is deleted, and nothing is deployed" >&2
    return 1
  fi
  delete_job "$namespace" "$name" || return
  kubectl apply --filename "$2" || return
  ended=
  end=$(($(date +%s) + $1))
  while [ "$(date +%s)" -lt "$end" ]; do
    # A cluster that does not answer is asked again.
    ended=$(kubectl --namespace "$namespace" get "job.batch/$name" --output \
      'jsonpath={.status.conditions[?(@.status=="True")].type}' || true)
    case " $ended " in
      *" Complete "*) return 0 ;;
      *" Failed "*) break ;;
    esac
    sleep 2
  done
  kubectl --namespace "$namespace" logs "job.batch/$name" --all-containers --tail=100 || true
  if [ -n "${ended##*Failed*}" ] || [ -z "$ended" ]; then
    delete_job "$namespace" "$name" || echo "job/$name could not be deleted: it may still run" >&2
  fi
  echo "the migration did not complete: nothing is deployed" >&2
  return 1
}
