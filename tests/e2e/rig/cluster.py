"""An imitation of the Kubernetes API server, as much of it as `kubectl` needs to deploy.

Many clusters in one server, each below `/clusters/NAME` (GitLab's agent server proxies them below a
path too, `/k8s-proxy`). Objects are kept as they come; a Deployment gets a small controller that does
what Kubernetes' does (`pkg/controller/deployment`): a ReplicaSet for each template with its
`deployment.kubernetes.io/revision`, status by status to the end of the rollout. Each image is first
asked of the registry, as a kubelet would pull it, with a deploy token that may only pull: what is not
there ends as ProgressDeadlineExceeded. Answers follow the API conventions of Kubernetes 1.32.
"""

import copy
import datetime
import hashlib
import json
import threading
import time
import uuid

STEP, DEADLINE, REPLICAS = 0.02, 0.2, 2
REVISION = "deployment.kubernetes.io/revision"
UPDATED = "ReplicaSetUpdated"


def now():
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Cluster:
    """Objects by (group/version, kind in plural, namespace, name)."""

    def __init__(self, name, token, pull):
        self.name, self.token = name, token
        self.pull = pull  # image -> digest or None
        self.crashes = lambda image: False  # whether its containers never get ready
        self.objects, self.version, self.pulls = {}, 0, []
        self.changed = threading.Condition(threading.RLock())
        self.log = []  # (method, path)
        self.create("v1", "namespaces", "", {"kind": "Namespace", "metadata": {"name": "default"}})

    def key(self, group, plural, namespace, name):
        return (group, plural, namespace, name)

    def create(self, group, plural, namespace, item):
        with self.changed:
            meta = item.setdefault("metadata", {})
            meta.setdefault("uid", str(uuid.uuid4()))
            meta.setdefault("creationTimestamp", now())
            meta.setdefault("generation", 1)
            if namespace:
                meta["namespace"] = namespace
            item.setdefault("apiVersion", group)
            self.objects[self.key(group, plural, namespace, meta["name"])] = item
            if plural == "namespaces":
                item.setdefault("status", {"phase": "Active"})
            self.touch(item)
            if plural == "deployments":
                complete(item)
                self.roll_out(item)
            return item

    def touch(self, item):
        with self.changed:
            self.version += 1
            item["metadata"]["resourceVersion"] = str(self.version)
            self.changed.notify_all()

    def update(self, key, item):
        """A changed spec is a new generation, and of a Deployment a new rollout."""
        with self.changed:
            before = self.objects[key]
            changed = before.get("spec") != item.get("spec")
            item["metadata"]["generation"] = before["metadata"]["generation"] + (1 if changed else 0)
            self.objects[key] = item
            self.touch(item)
            if changed and key[1] == "deployments":
                complete(item)
                self.roll_out(item)
            return item

    def delete(self, key):
        with self.changed:
            item = self.objects.pop(key)
            if key[1] == "namespaces":
                for other in [other for other in self.objects if other[2] == key[3]]:
                    del self.objects[other]
            if key[1] == "deployments":
                for other, owned in list(self.objects.items()):
                    owners = owned["metadata"].get("ownerReferences", [])
                    if any(owner["uid"] == item["metadata"]["uid"] for owner in owners):
                        del self.objects[other]
            self.touch(item)
            return item

    # ---- the controller

    def roll_out(self, deployment):
        generation = deployment["metadata"]["generation"]
        key = self.key("apps/v1", "deployments", deployment["metadata"]["namespace"], deployment["metadata"]["name"])
        self.replica_set(deployment)
        thread = threading.Thread(target=self.progress, args=(key, generation), daemon=True)
        thread.start()

    def replica_set(self, deployment):
        """The ReplicaSet of this template: the one there is, or a new one; it gets the highest revision."""
        meta, namespace = deployment["metadata"], deployment["metadata"]["namespace"]
        template = copy.deepcopy(deployment["spec"]["template"])
        value = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]
        name = f"{meta['name']}-{value}"
        owned = [
            item
            for key, item in self.objects.items()
            if key[1] == "replicasets"
            and key[2] == namespace
            and item["metadata"]["ownerReferences"][0]["uid"] == meta["uid"]
        ]
        revision = 1 + max([int(item["metadata"]["annotations"][REVISION]) for item in owned] or [0])
        found = next((item for item in owned if item["metadata"]["name"] == name), None)
        if found is None:
            labels = template.setdefault("metadata", {}).setdefault("labels", {})
            labels["pod-template-hash"] = value
            owner = {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": meta["name"],
                "uid": meta["uid"],
                "controller": True,
            }
            found = {
                "kind": "ReplicaSet",
                "metadata": {
                    "name": name,
                    "labels": dict(labels),
                    "annotations": {},
                    "ownerReferences": [owner],
                },
                "spec": {
                    "replicas": deployment["spec"]["replicas"],
                    "selector": {"matchLabels": dict(labels)},
                    "template": template,
                },
            }
            self.create("apps/v1", "replicasets", namespace, found)
        elif found["metadata"]["annotations"][REVISION] == str(revision - 1):
            revision -= 1  # the newest already
        found["metadata"]["annotations"][REVISION] = str(revision)
        meta.setdefault("annotations", {})[REVISION] = str(revision)

    def progress(self, key, generation):
        with self.changed:
            item = self.objects.get(key)
            images = [c["image"] for c in item["spec"]["template"]["spec"].get("containers", [])] if item else []
            replicas = item["spec"].get("replicas", REPLICAS) if item else 0
        time.sleep(STEP)
        missing = [image for image in images if not self.pullable(image) or self.crashes(image)]
        if missing:
            self.status(key, generation, replicas, 1, replicas, UPDATED)
            time.sleep(DEADLINE)
            self.status(key, generation, replicas, 1, replicas, "ProgressDeadlineExceeded", missing)
            return
        for updated in range(1, replicas + 1):
            self.status(key, generation, replicas - updated + 1, updated, replicas, UPDATED)
            time.sleep(STEP)
        self.status(key, generation, 0, replicas, replicas, "NewReplicaSetAvailable")

    def status(self, key, generation, old, new, available, reason, missing=()):
        with self.changed:
            item = self.objects.get(key)
            if item is None or item["metadata"]["generation"] != generation:
                return
            condition = {
                "type": "Progressing",
                "status": "False" if missing else "True",
                "reason": reason,
                "message": f"not ready: {', '.join(missing)}" if missing else reason,
            }
            # Until there is a pod of the new template, the old ones serve on.
            item["status"] = {
                "observedGeneration": generation,
                "replicas": old + new,
                "updatedReplicas": new,
                "readyReplicas": available,
                "availableReplicas": available,
                "conditions": [condition],
            }
            if reason == "NewReplicaSetAvailable":
                item["serving"] = [c["image"] for c in item["spec"]["template"]["spec"].get("containers", [])]
            self.touch(item)

    def pullable(self, image):
        digest = self.pull(image)
        self.pulls.append((image, digest))
        return digest is not None

    # ---- for scenarios

    def drain(self):
        """A node drain: every pod that serves is started elsewhere. Images that cannot be pulled again."""
        with self.changed:
            serving = [
                image
                for key, item in self.objects.items()
                if key[1] == "deployments"
                for image in item.get("serving", [])
            ]
        return [image for image in serving if not self.pullable(image)]


def complete(deployment):
    """Defaults that the API server fills in."""
    spec = deployment["spec"] = without_nothing(deployment["spec"])
    spec.setdefault("replicas", REPLICAS)
    spec.setdefault("progressDeadlineSeconds", 600)
    labels = spec.get("template", {}).get("metadata", {}).get("labels", {})
    spec.setdefault("selector", {"matchLabels": labels})


def without_nothing(value):
    """kubectl sends `resources: {}` and `creationTimestamp: null`, which change nothing."""
    if isinstance(value, dict):
        return {key: without_nothing(item) for key, item in value.items() if item not in (None, {})}
    if isinstance(value, list):
        return [without_nothing(item) for item in value]
    return value
