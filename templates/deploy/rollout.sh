# MANIFESTS are named as kubectl apply takes them: --filename PATH, --kustomize FOLDER.
# workloads MANIFESTS: what the cluster has of them and rolls out by itself, a line each: namespace,
# kind/name, template. With OnDelete a person does that, and kubectl cannot wait for it.
workloads() {
  kubectl get "$@" --ignore-not-found --output go-template='
    {{- define "workload"}}
      {{- if or (eq .kind "DaemonSet") (eq .kind "Deployment") (eq .kind "StatefulSet")}}
        {{- if ne (print .spec.updateStrategy) "map[type:OnDelete]"}}
          {{- .metadata.namespace}} {{.kind}}/{{.metadata.name}} {{js .spec.template}}{{"\n"}}
        {{- end}}
      {{- end}}
    {{- end}}
    {{- range .items}}{{template "workload" .}}{{else}}{{template "workload" .}}{{end}}'
}
# wait_for_rollout TIMEOUT MANIFESTS: fails unless each of them becomes ready in this time.
wait_for_rollout() {
  timeout=$1
  shift
  workloads "$@" > "$job_tmp/workloads" || return
  while read -r namespace workload _; do
    kubectl --namespace "$namespace" rollout status "$workload" --timeout="$timeout" < /dev/null || return
  done < "$job_tmp/workloads"
}
