"""Plays the kubelets: what they tell the API server of pods, after they asked the registry for each image.

In: a `cluster.Cluster`, and who says of an image what a pull of it gives. Out: pods that are Ready, that have
succeeded or failed (of a Job), or that wait with ErrImagePull or CrashLoopBackOff and are tried again, as the kubelet
of Kubernetes 1.34 reports them.
Always: an image is asked for with a token that may only pull, anew for each pod.
"""

import concurrent.futures
import datetime
import http.client
import json
import threading
import time

from rig.cluster import Refused

AGAIN = 1  # seconds until a pod that did not start is tried again


class Kubelet:
    def __init__(self, cluster, pull, crashes):
        """`pull`: image -> digest or None; `crashes`: image -> whether its containers end at once."""
        self.cluster, self.pull, self.crashes = cluster, pull, crashes
        self.alive, self.pool = set(), concurrent.futures.ThreadPoolExecutor(8)
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            try:
                self.follow()
            except (OSError, http.client.HTTPException, json.JSONDecodeError):
                time.sleep(0.1)  # the watch begins anew, with all pods that there are

    def follow(self):
        connection = self.cluster.connect(timeout=None)
        headers = {"Authorization": f"Bearer {self.cluster.token}"}
        connection.request("GET", "/api/v1/pods?watch=true", headers=headers)
        for line in connection.getresponse():
            event = json.loads(line)
            pod = event["object"]
            uid = pod.get("metadata", {}).get("uid")
            if event["type"] == "DELETED":
                self.alive.discard(uid)
            elif event["type"] in ("ADDED", "MODIFIED") and uid not in self.alive:
                self.alive.add(uid)
                self.pool.submit(self.run, pod)

    def run(self, pod):
        """Starts the pod; later again if one of its containers does not start."""
        uid = pod["metadata"]["uid"]
        if uid not in self.alive:
            return
        containers = [self.state(container) for container in pod["spec"]["containers"]]
        up = all(container["ready"] for container in containers)
        ends = up and pod["spec"]["restartPolicy"] == "Never"  # a Job's: it has done its work at once
        if ends:
            done = {"exitCode": 0, "reason": "Completed", "startedAt": now(), "finishedAt": now()}
            containers = [made | {"ready": False, "state": {"terminated": done}} for made in containers]
        once = pod["spec"]["restartPolicy"] == "Never"
        fails = once and any("CrashLoopBackOff" in json.dumps(container) for container in containers)
        if fails:
            done = {"exitCode": 1, "reason": "Error", "startedAt": now(), "finishedAt": now()}
            containers = [made | {"state": {"terminated": done}} for made in containers]
        condition = {"status": "True" if up and not ends else "False", "lastTransitionTime": now()}
        status = {
            "phase": "Failed" if fails else "Succeeded" if ends else "Running" if up else "Pending",
            "conditions": [{"type": kind, **condition} for kind in ("ContainersReady", "Ready")],
            "containerStatuses": containers,
            "startTime": now(),
        }
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/status"
        try:
            self.cluster.request("PATCH", path, {"status": status}, "application/strategic-merge-patch+json")
        except Refused:
            return  # it is another pod by now
        if not up and not fails:
            timer = threading.Timer(AGAIN, self.pool.submit, (self.run, pod))
            timer.daemon = True
            timer.start()

    def state(self, container):
        """What a container became."""
        name, image = container["name"], container["image"]
        digest, known = self.pull(image), {"name": name, "image": image, "restartCount": 0}
        if digest is None:
            waits = {"reason": "ErrImagePull", "message": f"failed to pull {image}: not found"}
        elif self.crashes(image):
            waits = {"reason": "CrashLoopBackOff", "message": f"back-off restarting failed container {name}"}
        else:
            started = {"running": {"startedAt": now()}}
            return known | {"imageID": digest, "ready": True, "started": True, "state": started}
        return known | {"imageID": digest or "", "ready": False, "started": False, "state": {"waiting": waits}}


def now():
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
