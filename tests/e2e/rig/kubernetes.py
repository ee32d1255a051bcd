"""The HTTP side of `cluster`: discovery, objects, patches, watches, as kubectl 1.32 asks for them."""

import copy
import json
import time
import urllib.parse

from rig import serve

# plural -> (group/version, kind, namespaced, short names)
KINDS = {
    "namespaces": ("v1", "Namespace", False, ["ns"]),
    "configmaps": ("v1", "ConfigMap", True, ["cm"]),
    "secrets": ("v1", "Secret", True, []),
    "services": ("v1", "Service", True, ["svc"]),
    "serviceaccounts": ("v1", "ServiceAccount", True, ["sa"]),
    "persistentvolumeclaims": ("v1", "PersistentVolumeClaim", True, ["pvc"]),
    "pods": ("v1", "Pod", True, ["po"]),
    "deployments": ("apps/v1", "Deployment", True, ["deploy"]),
    "replicasets": ("apps/v1", "ReplicaSet", True, ["rs"]),
    "statefulsets": ("apps/v1", "StatefulSet", True, ["sts"]),
    "daemonsets": ("apps/v1", "DaemonSet", True, ["ds"]),
    "jobs": ("batch/v1", "Job", True, []),
    "cronjobs": ("batch/v1", "CronJob", True, ["cj"]),
    "ingresses": ("networking.k8s.io/v1", "Ingress", True, ["ing"]),
}
VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]


def discovery(path):
    """/version, /api, /apis and their groups; None if the path is none of these."""
    groups = sorted({group for group, *_ in KINDS.values()})
    if path == "/version":
        return {"major": "1", "minor": "32", "gitVersion": "v1.32.0"}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        named = [group for group in groups if "/" in group]
        versions = [{"groupVersion": group, "version": group.partition("/")[2]} for group in named]
        entries = [
            {"name": group.partition("/")[0], "versions": [version], "preferredVersion": version}
            for group, version in zip(named, versions, strict=True)
        ]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": entries}
    group = path.removeprefix("/apis/").removeprefix("/api/")
    if path.startswith(("/api/", "/apis/")) and group in groups:
        resources = [
            {
                "name": plural,
                "singularName": kind.lower(),
                "namespaced": namespaced,
                "kind": kind,
                "verbs": VERBS,
                "shortNames": short,
            }
            for plural, (of, kind, namespaced, short) in KINDS.items()
            if of == group
        ]
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group, "resources": resources}
    return None


def openapi(path):
    """/openapi/v3: no more than that the server checks fields itself, so that kubectl need not."""
    groups = {("apis/" if "/" in group else "api/") + group: group for group, *_ in KINDS.values()}
    if path == "/openapi/v3":
        return {"paths": {group: {"serverRelativeURL": f"/openapi/v3/{group}?hash=1"} for group in groups}}
    group = groups.get(path.removeprefix("/openapi/v3/"))
    if group is None:
        return None
    paths = {}
    for plural, (of, kind, _, _) in KINDS.items():
        if of == group:
            name, _, version = group.rpartition("/")
            parameter = {"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}
            operation = {
                "parameters": [parameter],
                "responses": {"200": {"description": "OK"}},
                "x-kubernetes-group-version-kind": {"group": name, "kind": kind, "version": version},
            }
            paths[f"/{plural}/{{name}}"] = {"patch": operation}
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.32.0"}, "paths": paths}


def decode(body):
    """JSON, or the little of protobuf that `kubectl create` sends: a kind and a name."""
    if not body.startswith(b"k8s\0"):
        return json.loads(body)
    unknown = fields(body[4:])
    kind = fields(unknown[1])
    meta = fields(fields(unknown[2])[1])
    return {"apiVersion": kind[1].decode(), "kind": kind[2].decode(), "metadata": {"name": meta[1].decode()}}


def fields(data):
    """A protobuf message's fields of bytes, by number."""
    found, place = {}, 0

    def number():
        nonlocal place
        value, shift = 0, 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(data):
        key = number()
        if key & 7 == 0:
            number()
        else:  # the only other wire type in use: bytes with their length
            length = number()
            found[key >> 3] = data[place : place + length]
            place += length
    return found


def locate(path):
    """A path of the API -> (plural, namespace, name), or None."""
    parts = path.strip("/").split("/")
    parts = parts[2:] if parts[0] == "api" else parts[3:]
    namespace = ""
    if len(parts) >= 3 and parts[0] == "namespaces":
        namespace, parts = parts[1], parts[2:]
    if not parts or parts[0] not in KINDS or len(parts) > 2:
        return None
    return parts[0], namespace, parts[1] if len(parts) > 1 else ""


def merge(into, patch):
    """Strategic merge as far as it is used: containers merge by name; null removes."""
    for key, value in patch.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict):
            merge(into.setdefault(key, {}), value)
        elif isinstance(value, list) and key in ("containers", "initContainers"):
            into.setdefault(key, [])
            for item in value:
                same = next((other for other in into[key] if other["name"] == item["name"]), None)
                if same is None:
                    into[key].append(item)
                else:
                    merge(same, item)
        elif not key.startswith("$"):
            into[key] = value


def patch_json(item, operations):
    """JSON Patch (RFC 6902): replace, add and remove, which `rollout undo` sends."""
    for operation in operations:
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        place = item
        for part in way:
            place = place[part]
        if operation["op"] == "remove":
            place.pop(last, None)
        else:
            place[last] = operation["value"]


def selected(item, query):
    fields = dict(part.split("=", 1) for part in query.get("fieldSelector", "").split(",") if "=" in part)
    if fields.get("metadata.name", item["metadata"]["name"]) != item["metadata"]["name"]:
        return False
    labels = item["metadata"].get("labels", {})
    for part in query.get("labelSelector", "").split(","):
        if part:
            key, _, value = part.partition("=")
            if labels.get(key) != value.lstrip("="):
                return False
    return True


def handler(clusters):
    class Api(serve.Handler):
        def any(self):
            body = self.body()
            address = urllib.parse.urlsplit(self.path)
            _, _, name, *rest = address.path.split("/")
            cluster, path = clusters.get(name), "/" + "/".join(rest)
            if cluster is None or self.headers.get("Authorization") != f"Bearer {cluster.token}":
                return self.failure(401, "Unauthorized", "Unauthorized")
            query = dict(urllib.parse.parse_qsl(address.query))
            cluster.log.append((self.command, self.path))
            found = discovery(path) or openapi(path)
            if found is not None:
                return self.value(200, found)
            place = locate(path)
            if place is None:
                return self.failure(404, "NotFound", f"the server could not find {path}")
            with cluster.changed:
                answer = self.act(cluster, place, query, body)
            if answer == "watch":
                return self.watch(cluster, place, query)
            return self.value(*answer) if len(answer) == 2 else self.failure(*answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = any

        def act(self, cluster, place, query, body):
            plural, namespace, name = place
            group, kind, namespaced, _ = KINDS[plural]
            if not name:
                if self.command == "POST":
                    return self.create(cluster, place, body)
                if query.get("watch") in ("1", "true"):
                    return "watch"
                items = self.items(cluster, place, query)
                if self.command == "DELETE":
                    for item in items:
                        cluster.delete((group, plural, item["metadata"].get("namespace", ""), item["metadata"]["name"]))
                version = {"resourceVersion": str(cluster.version)}
                return 200, {"kind": f"{kind}List", "apiVersion": group, "metadata": version, "items": items}
            key = (group, plural, namespace if namespaced else "", name)
            if key not in cluster.objects:
                return 404, "NotFound", f'{plural} "{name}" not found', plural, name
            item = copy.deepcopy(cluster.objects[key])
            if self.command == "DELETE":
                cluster.delete(key)
                return 200, {
                    "kind": "Status",
                    "apiVersion": "v1",
                    "status": "Success",
                    "details": {"name": name, "uid": item["metadata"]["uid"]},
                }
            if self.command in ("PUT", "PATCH"):
                sent = json.loads(body)
                if self.command == "PUT":
                    item.update(sent)
                elif self.headers.get("Content-Type") == "application/json-patch+json":
                    patch_json(item, sent)
                else:
                    merge(item, sent)
                if "dryRun" not in query:
                    item = cluster.update(key, item)
            return 200, item

        def create(self, cluster, place, body):
            plural, namespace, _ = place
            group, kind, namespaced, _ = KINDS[plural]
            item = decode(body)
            name = item["metadata"]["name"]
            if namespaced and ("v1", "namespaces", "", namespace) not in cluster.objects:
                return 404, "NotFound", f'namespaces "{namespace}" not found', "namespaces", namespace
            if (group, plural, namespace if namespaced else "", name) in cluster.objects:
                return 409, "AlreadyExists", f'{plural} "{name}" already exists', plural, name
            return 201, cluster.create(group, plural, namespace if namespaced else "", item)

        def items(self, cluster, place, query):
            plural, namespace, _ = place
            group = KINDS[plural][0]
            return [
                copy.deepcopy(item)
                for key, item in cluster.objects.items()
                if key[:2] == (group, plural) and (not namespace or key[2] == namespace) and selected(item, query)
            ]

        def watch(self, cluster, place, query):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            end = time.monotonic() + float(query.get("timeoutSeconds", 60))
            seen = {}
            try:
                while time.monotonic() < end:
                    with cluster.changed:
                        current = {item["metadata"]["name"]: item for item in self.items(cluster, place, query)}
                        events = [
                            ("MODIFIED", item)
                            for name, item in current.items()
                            if seen.get(name, {}).get("metadata", {}).get("resourceVersion")
                            != item["metadata"]["resourceVersion"]
                        ]
                        events += [("DELETED", item) for name, item in seen.items() if name not in current]
                        seen = current
                        if not events:
                            cluster.changed.wait(0.5)
                    for kind, item in events:
                        line = json.dumps({"type": kind, "object": item}).encode() + b"\n"
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                        self.wfile.flush()
            except OSError:
                pass
            self.close_connection = True

        def value(self, status, value):
            self.reply(status, json.dumps(value).encode())

        def failure(self, status, reason, message, kind="", name=""):
            details = {"kind": kind, "name": name}
            self.value(
                status,
                {
                    "kind": "Status",
                    "apiVersion": "v1",
                    "status": "Failure",
                    "reason": reason,
                    "message": message,
                    "details": details,
                    "code": status,
                },
            )

    return Api
