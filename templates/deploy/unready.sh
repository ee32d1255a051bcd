# delete_unready REVISION [OPTION]...: deletes the pods of a StatefulSet's failed revision that are not
# ready. Kubernetes keeps them when the StatefulSet goes back (kubernetes/kubernetes#67250).
delete_unready() {
  revision=$1
  shift
  kubectl get pods "$@" --selector "controller-revision-hash=$revision" --no-headers \
    --output 'custom-columns=N:.metadata.name,R:.status.conditions[?(@.type=="Ready")].status' |
    sed '/ True *$/d; s/ .*//' | xargs -r kubectl delete pod --wait=false "$@"
}
