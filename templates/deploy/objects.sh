# MANIFESTS are named as kubectl takes them: --filename PATH, --kustomize FOLDER.
# objects MANIFESTS: those that the cluster has, a line each; last what kubectl apply was given for it.
objects() {
  kubectl get "$@" --ignore-not-found --no-headers --output custom-columns="\
S:.metadata.namespace,V:.apiVersion,K:.kind,N:.metadata.name,U:.spec.updateStrategy.type,\
R:.status.updateRevision,\
A:.metadata.annotations.kubectl\.kubernetes\.io/last-applied-configuration"
}
# workloads FILE: namespace and kind/name of the objects that Kubernetes rolls out. With OnDelete a
# person does that, and kubectl cannot wait for it.
workloads() {
  sed -nE '/^[^{]* OnDelete /d
    s#^([^ ]+) +apps/v1 +(DaemonSet|Deployment|StatefulSet) +([^ ]+) .*#\1 \2/\3#p' "$1"
}
