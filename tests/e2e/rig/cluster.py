"""A Kubernetes cluster: etcd, kube-apiserver and kube-controller-manager, with RBAC; the kubelet's part is `kubelet`.

In: an address and certificates. Out: `Cluster`, which answers at the address, and to which an administrator
talks by `request`. It is shared: each project has a namespace of its own and a service account there.
Pods are not bound to nodes: there are none, and so nothing waits for a kubelet when a pod is deleted.
"""

import base64
import http.client
import json
import secrets
import ssl
import subprocess
import time

from images import catalog

ETCD = "127.0.0.1:2379"
ADMIN = "admin"
CONTROLLERS = (
    *("clusterrole-aggregation", "cronjob", "daemonset", "deployment", "garbage-collector", "job"),
    *("namespace", "replicaset", "serviceaccount", "statefulset"),
)
# ClusterRole -> rules, besides those that Kubernetes has: what an agent may do that makes review apps.
ROLES = {"makes-namespaces": [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create", "get", "delete"]}]}
RBAC = "rbac.authorization.k8s.io"
COMPLETE = "NewReplicaSetAvailable"


class Refused(RuntimeError):
    """The API server answered with an error; `status` is its HTTP status."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class Cluster:
    def __init__(self, host, address, certificates, folder):
        self.host, self.address, self.folder = host, address, folder
        self.token = secrets.token_urlsafe(24)
        self.context = ssl.create_default_context(cafile=certificates / "ca.crt")
        folder.mkdir()
        self.start_etcd()
        self.start_api_server(certificates)
        self.start_controller_manager(certificates)
        for name, rules in ROLES.items():
            self.request("POST", f"/apis/{RBAC}/v1/clusterroles", {"metadata": {"name": name}, "rules": rules})

    # ---- processes

    def start(self, program, *options):
        with (self.folder / f"{program.name}.log").open("w") as log:
            words = [f"--{name}={value}" for name, value in options]
            return subprocess.Popen([str(program), *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start_etcd(self):
        self.start(
            catalog.tools().parent / "engine/etcd",
            ("data-dir", self.folder / "etcd"),
            ("listen-client-urls", f"http://{ETCD}"),
            ("advertise-client-urls", f"http://{ETCD}"),
            ("listen-peer-urls", "http://127.0.0.1:2380"),
            ("unsafe-no-fsync", "true"),
            ("log-level", "error"),
        )

    def start_api_server(self, certificates):
        tokens = self.folder / "tokens.csv"
        tokens.touch(mode=0o600)
        tokens.write_text(f"{self.token},{ADMIN},{ADMIN},system:masters\n")
        process = self.start(
            catalog.tools() / "kube-apiserver",
            ("etcd-servers", f"http://{ETCD}"),
            ("bind-address", self.address),
            ("secure-port", 443),
            ("tls-cert-file", certificates / "server.crt"),
            ("tls-private-key-file", certificates / "server.key"),
            ("token-auth-file", tokens),
            ("authorization-mode", "RBAC"),
            ("service-account-issuer", f"https://{self.host}"),
            ("service-account-key-file", certificates / "token.key"),
            ("service-account-signing-key-file", certificates / "token.key"),
            ("service-cluster-ip-range", "10.96.0.0/16"),
            ("endpoint-reconciler-type", "none"),
        )
        for _ in range(600):
            try:
                self.request("GET", "/readyz")
                return
            except (OSError, Refused):
                if process.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError(f"kube-apiserver does not start: {(self.folder / 'kube-apiserver.log').read_text()[-3000:]}")

    def start_controller_manager(self, certificates):
        file = self.folder / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(self.kubeconfig([ADMIN], self.token, (certificates / "ca.crt").read_text(), current=True))
        self.start(
            catalog.tools() / "kube-controller-manager",
            ("kubeconfig", file),
            ("authentication-kubeconfig", file),
            ("authorization-kubeconfig", file),
            ("secure-port", 0),
            ("leader-elect", "false"),
            ("controllers", ",".join(f"{name}-controller" for name in CONTROLLERS)),
            ("service-account-private-key-file", certificates / "token.key"),
            ("kube-api-qps", 200),
            ("kube-api-burst", 400),
        )

    # ---- the API, as an administrator

    def connect(self, timeout=30):
        return http.client.HTTPSConnection(self.host, context=self.context, timeout=timeout)

    def request(self, method, path, body=None, kind="application/json"):
        """The answer's value; `None` where there is nothing (404)."""
        connection = self.connect()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status == 404:
            return None
        if answer.status >= 400:
            raise Refused(answer.status, text)
        return json.loads(text) if answer.headers.get_content_type() == "application/json" else text

    def namespace(self, name):
        """Makes a namespace; it stays as it is if it is there."""
        try:
            self.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        except Refused as error:
            if error.status != 409:
                raise

    def account(self, namespace, role, everywhere=()):
        """A new service account with a ClusterRole in its namespace, and others in all; returns its token."""
        account = f"agent-{secrets.token_hex(4)}"
        self.request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": account}})
        subject = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
        for kind, path, names in (
            ("RoleBinding", f"namespaces/{namespace}/rolebindings", (role,) if role else ()),
            ("ClusterRoleBinding", "clusterrolebindings", everywhere),
        ):
            for name in names:
                binding = {"kind": kind, "metadata": {"name": f"{namespace}-{account}-{name}"}, "subjects": [subject]}
                binding["roleRef"] = {"apiGroup": RBAC, "kind": "ClusterRole", "name": name}
                self.request("POST", f"/apis/{RBAC}/v1/{path}", binding)
        request = {"spec": {"expirationSeconds": 86400}}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        return self.request("POST", path, request)["status"]["token"]

    def pods(self, namespace=None):
        place = f"/namespaces/{namespace}" if namespace else ""
        return (self.request("GET", f"/api/v1{place}/pods") or {"items": []})["items"]

    def kubeconfig(self, contexts, token, authority, namespace=None, current=False):
        place = {"namespace": namespace} if namespace else {}
        data = base64.b64encode(authority.encode()).decode()
        cluster = {"server": f"https://{self.host}", "certificate-authority-data": data}
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": contexts[0] if current else "",
                "clusters": [{"name": "gitlab", "cluster": cluster}],
                "users": [{"name": "agent", "user": {"token": token}}],
                "contexts": [
                    {"name": context, "context": {"cluster": "gitlab", "user": "agent", **place}} for context in contexts
                ],
            }
        )


def ready(pod):
    """Whether a pod serves."""
    conditions = pod.get("status", {}).get("conditions", [])
    up = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return up and "deletionTimestamp" not in pod["metadata"]


def rollout(deployment, replica_sets):
    """How its rollout stands: `complete` (all its pods are new and available), `stuck` or `under way`.

    `replica_sets` returns those of the namespace. After an undo the condition still tells of the ReplicaSet of before,
    with the new generation (deployment/progress.go of Kubernetes 1.34); its message names it.
    """
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    if status.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return "under way"
    if progress(deployment) == "ProgressDeadlineExceeded":
        named = f'"{newest(deployment, replica_sets())}"' in condition(deployment)["message"]
        return "stuck" if named else "under way"
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return "complete" if counts == [wanted] * 3 and progress(deployment) in (None, COMPLETE) else "under way"


def newest(deployment, replica_sets):
    """The name of the ReplicaSet of its current revision."""
    meta, revision = deployment["metadata"], "deployment.kubernetes.io/revision"
    mine = [item["metadata"] for item in replica_sets if item["metadata"]["ownerReferences"][0]["uid"] == meta["uid"]]
    return next((made["name"] for made in mine if made["annotations"][revision] == meta["annotations"][revision]), None)


def condition(deployment):
    """The condition `Progressing`, or None: a Deployment without a deadline has none."""
    conditions = deployment.get("status", {}).get("conditions", [])
    return next((item for item in conditions if item["type"] == "Progressing"), None)


def progress(deployment):
    """The reason of the condition `Progressing`."""
    return (condition(deployment) or {}).get("reason")
