"""The part of a Kubernetes API that `kubectl apply`, `rollout status` and `rollout undo` speak:
Deployments with their ReplicaSets, Jobs; StatefulSets, Services, ConfigMaps and volume claims as far as they are
stored. A controller rolls out at once what can be rolled out: an image whose name holds `broken` never
becomes ready. A Job completes at once; with an image whose name holds `broken` it fails, and with `endless` it goes
on. A Service named `refused` is refused.

Prints its port. Ends with its standard input."""
import copy, http.server, json, os, re, sys, threading, urllib.parse

LOCK = threading.RLock()
KINDS = {"deployments": "Deployment", "replicasets": "ReplicaSet", "statefulsets": "StatefulSet", "services": "Service",
         "configmaps": "ConfigMap", "persistentvolumeclaims": "PersistentVolumeClaim", "jobs": "Job"}
VERSIONS = {"apps/v1": ("deployments", "replicasets", "statefulsets"), "batch/v1": ("jobs",)}
CORE = [plural for plural in KINDS if not any(plural in others for others in VERSIONS.values())]
STORE = {}  # (namespace, plural, name) -> object
VERSION = [1]


def touch(thing):
    VERSION[0] += 1
    thing["metadata"]["resourceVersion"] = str(VERSION[0])


def roll_out(deployment):
    """What the controller does after a change of the template."""
    meta, template = deployment["metadata"], deployment["spec"]["template"]
    owned = [o for (space, plural, _), o in STORE.items()
             if plural == "replicasets" and space == meta["namespace"] and o["metadata"]["ownerReferences"][0]["name"] == meta["name"]]
    annotation = "deployment.kubernetes.io/revision"
    revision = str(1 + max((int(o["metadata"]["annotations"][annotation]) for o in owned), default=0))
    same = [o for o in owned if o["spec"]["template"]["spec"] == template["spec"]]
    if same:
        same[0]["metadata"]["annotations"][annotation] = revision
    else:
        name = f"{meta['name']}-{revision}"
        labels = template["metadata"]["labels"]
        STORE[meta["namespace"], "replicasets", name] = {
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": name, "namespace": meta["namespace"], "uid": name, "labels": labels,
                         "annotations": {annotation: revision}, "resourceVersion": "1",
                         "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": meta["name"],
                                              "uid": meta["uid"], "controller": True}]},
            "spec": {"replicas": 1, "selector": deployment["spec"]["selector"], "template": copy.deepcopy(template)}}
    meta.setdefault("annotations", {})[annotation] = revision
    meta["generation"] = meta.get("generation", 0) + 1
    ready = not any("broken" in c["image"] for c in template["spec"]["containers"])
    count = deployment["spec"].setdefault("replicas", 1)
    deployment["status"] = {
        "observedGeneration": meta["generation"], "replicas": count, "updatedReplicas": count,
        "readyReplicas": count if ready else 0, "availableReplicas": count if ready else 0,
        "conditions": [{"type": "Progressing", "status": "True" if ready else "False",
                        "reason": "NewReplicaSetAvailable" if ready else "ProgressDeadlineExceeded"}]}


def run(job):
    """What becomes of a Job."""
    image = job["spec"]["template"]["spec"]["containers"][0]["image"]
    ends = {"broken": ["FailureTarget", "Failed"], "endless": []}
    kinds = next((kinds for word, kinds in ends.items() if word in image), ["SuccessCriteriaMet", "Complete"])
    job["status"] = {"conditions": [{"type": kind, "status": "True"} for kind in kinds]}


def merge(into, patch):
    """A strategic merge: containers by name, all else as JSON merges."""
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict):
            merge(into.setdefault(key, {}), value)
        elif key == "containers":
            for item in value:
                known = [c for c in into.setdefault(key, []) if c["name"] == item["name"]]
                merge(known[0], item) if known else into[key].append(item)
        else:
            into[key] = value


def replace(into, operations):
    for operation in operations:
        *path, last = operation["path"].strip("/").split("/")
        place = into
        for key in path:
            place = place[key]
        place[last] = operation["value"]


def resource(name, kind):
    return {"name": name, "singularName": kind.lower(), "namespaced": True, "kind": kind,
            "verbs": ["create", "delete", "get", "list", "patch", "watch"]}


def openapi(group, version, plurals):
    """As much as says that the server checks the fields of objects itself."""
    kind = {"group": group, "version": version}
    patch = {"parameters": [{"name": "fieldValidation", "in": "query"}]}
    return {"openapi": "3.0.0", "info": {"title": "", "version": ""}, "paths": {
        f"/{plural}": {"patch": {**patch, "x-kubernetes-group-version-kind": {**kind, "kind": KINDS[plural]}}}
        for plural in plurals}}


def group(version):
    version = {"groupVersion": version, "version": "v1"}
    return {"name": version["groupVersion"].split("/")[0], "versions": [version], "preferredVersion": version}


def resources(version, plurals):
    return {"kind": "APIResourceList", "groupVersion": version, "resources": [resource(plural, KINDS[plural]) for plural in plurals]}


STATIC = {
    "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.1"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group(version) for version in VERSIONS]},
    "/api/v1": resources("v1", CORE),
    **{f"/apis/{version}": resources(version, plurals) for version, plurals in VERSIONS.items()},
    "/openapi/v3": {"paths": {"api/v1": {"serverRelativeURL": "/openapi/core"},
                              **{f"apis/{version}": {"serverRelativeURL": f"/openapi/{version}"} for version in VERSIONS}}},
    "/openapi/core": openapi("", "v1", CORE),
    **{f"/openapi/{version}": openapi(version.split("/")[0], "v1", plurals) for version, plurals in VERSIONS.items()},
}
PATH = re.compile(r"/(?:api|apis/apps|apis/batch)/v1/namespaces/([^/]+)/([^/]+)(?:/([^/]+))?$")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, value, code=200):
        text = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def refuse(self, code, reason):
        self.answer({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
                     "message": f"{reason}: {self.path}"}, code)

    def handle_any(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with LOCK:
            if url.path == "/store":
                return self.answer({"/".join(key): value for key, value in STORE.items()})
            if url.path in STATIC:
                return self.answer(STATIC[url.path])
            found = PATH.match(url.path)
            if not found:
                return self.refuse(404, "NotFound")
            space, plural, name = found.groups()
            if self.command == "POST":
                thing = json.loads(body)
                name = thing["metadata"]["name"]
                thing["metadata"].update(namespace=space, uid=f"{plural}-{name}")
                return self.change(space, plural, name, thing)
            if name is None:
                return self.list(space, plural, query)
            if (space, plural, name) not in STORE:
                return self.refuse(404, "NotFound")
            thing = copy.deepcopy(STORE[space, plural, name])
            if self.command == "DELETE":
                del STORE[space, plural, name]
                return self.answer({"kind": "Status", "apiVersion": "v1", "status": "Success"})
            if self.command == "PATCH":
                patch = json.loads(body)
                replace(thing, patch) if isinstance(patch, list) else merge(thing, patch)
                return self.change(space, plural, name, thing)
            self.answer(thing)

    def change(self, space, plural, name, thing):
        if name == "refused":
            return self.refuse(403, "Forbidden")
        before = STORE.get((space, plural, name), {})
        if plural == "deployments" and before.get("spec", {}).get("template") != thing["spec"]["template"]:
            roll_out(thing)
        if plural == "jobs":
            run(thing)
        touch(thing)
        STORE[space, plural, name] = thing
        self.answer(thing)

    def list(self, space, plural, query):
        items = [o for (s, p, _), o in STORE.items() if (s, p) == (space, plural)]
        field = query.get("fieldSelector", "")
        if field.startswith("metadata.name="):
            items = [o for o in items if o["metadata"]["name"] == field.split("=")[1]]
        for label in filter(None, query.get("labelSelector", "").split(",")):
            key, value = label.split("=")
            items = [o for o in items if o["metadata"].get("labels", {}).get(key) == value]
        if query.get("watch") not in ("1", "true"):
            version = next((version for version, plurals in VERSIONS.items() if plural in plurals), "v1")
            return self.answer({"kind": KINDS[plural] + "List", "apiVersion": version,
                                "metadata": {"resourceVersion": str(VERSION[0])}, "items": items})
        # All is rolled out at once, so there is one event and the end.
        text = "".join(json.dumps({"type": "MODIFIED", "object": o}) + "\n" for o in items).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client that went away."""


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
os._exit(0)
