# save_objects MANIFESTS: keeps what there is of them before kubectl apply changes it. The templates are
# kept as they run: somebody may have rolled one back by hand.
save_objects() {
  objects "$@" > "$job_tmp/before" || return
  workloads "$job_tmp/before" | while read -r namespace workload; do
    mkdir -p "$job_tmp/$namespace/${workload%/*}"
    kubectl --namespace "$namespace" get "$workload" --output \
      'jsonpath=[{"{"}"op": "replace", "path": "/spec/template", "value": {.spec.template}{"}"}]' \
      < /dev/null > "$job_tmp/$namespace/$workload" || exit
  done
}
# undo_apply MANIFESTS: what save_objects kept is as it was, and what is new goes.
undo_apply() {
  objects "$@" > "$job_tmp/after"
  grep -o '{"apiVersion".*' "$job_tmp/before" > "$job_tmp/applied" && kubectl apply --filename "$job_tmp/applied"
  sed -nE 's#^[^ ]+ +[^ ]+ +([^ ]+) +([^ ]+) .* <none>$#\1/\2 stays changed: kubectl apply had not made it.#p' \
    "$job_tmp/before"
  tr -s ' ' < "$job_tmp/before" | cut -d ' ' -f 1-4 > "$job_tmp/known"
  while read -r namespace version kind name _ revision _; do
    if [ -z "$name" ]; then
      continue
    elif grep -Fqx "$namespace $version $kind $name" "$job_tmp/known"; then
      template=$job_tmp/$namespace/$kind/$name
      [ -f "$template" ] || continue
      kubectl --namespace "$namespace" patch "$kind/$name" --type json --patch-file "$template"
      [ "$kind" != StatefulSet ] || grep -Fq " $revision " "$job_tmp/before" ||
        delete_unready "$revision" --namespace "$namespace"
    else
      case $kind in
        CustomResourceDefinition | Namespace | PersistentVolume | PersistentVolumeClaim)
          echo "$kind/$name is new and stays: to delete it is to delete what is in it." ;;
        *)
          printf '{"apiVersion":"%s","kind":"%s","metadata":{"namespace":"%s","name":"%s"}}' \
            "$version" "$kind" "$namespace" "$name" | kubectl delete --wait=false --filename - ;;
      esac
    fi
  done < "$job_tmp/after"
}
