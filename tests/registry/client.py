"""Images for the tests, and questions to a registry, independent of the scripts under test."""

import base64
import gzip
import hashlib
import http.client
import json
import urllib.parse
import uuid

from stack import OTHER

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
KINDS = {"docker": DOCKER_MANIFEST, "docker-list": DOCKER_LIST, "oci": OCI_MANIFEST, "oci-index": OCI_INDEX}


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Repository:
    """One repository, as an administrator's client sees it: past the imitation, over one connection."""

    def __init__(self, stack, flavour, name):
        self.stack, self.name = stack, name
        self.basic = None
        if flavour == "other":
            self.connection = http.client.HTTPSConnection(stack.other, context=stack.tls, timeout=30)
            self.basic = "Basic " + base64.b64encode(":".join(OTHER).encode()).decode()
        elif flavour == "gitlab":
            self.connection = http.client.HTTPConnection(stack.gitlab_registry.backend, timeout=30)
        else:
            self.connection = http.client.HTTPSConnection(stack.distribution, context=stack.tls, timeout=30)
        user, actions = "gitlab-ci-token", {"pull", "push", "delete"}
        self.token = stack.tokens.issue(
            user, [{"type": "repository", "name": name, "actions": sorted(actions)}]
        )

    def request(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        address = path if path.startswith("/v2/") else f"/v2/{self.name}/{path}"
        authorization = {"Authorization": self.basic or f"Bearer {self.token}"}
        self.connection.request(method, address, body, authorization | headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def put_blob(self, data):
        status, headers, _ = self.request("POST", "blobs/uploads/", b"")
        assert status == 202, status
        location = urllib.parse.urlsplit(headers["Location"])
        status, _, answer = self.request(
            "PUT",
            f"{location.path}?{location.query}&digest={sha256(data)}",
            data,
            Content_Type="application/octet-stream",
        )
        assert status == 201, answer
        return {"digest": sha256(data), "size": len(data)}

    def blob(self, digest):
        status, _, data = self.request("GET", f"blobs/{digest}")
        assert status == 200, (status, data)
        return data

    def put_manifest(self, reference, manifest, kind=None):
        # Docker indents its manifests, so do these.
        data = manifest if isinstance(manifest, bytes) else json.dumps(manifest, indent=3).encode()
        kind = kind or json.loads(data)["mediaType"]
        status, _, answer = self.request(
            "PUT", f"manifests/{reference or sha256(data)}", data, Content_Type=kind
        )
        assert status == 201, answer
        return {"mediaType": kind, "digest": sha256(data), "size": len(data)}

    def platform_image(self, tag, oci, created, architecture="amd64", labels=None):
        layer = gzip.compress(uuid.uuid4().bytes)
        configuration = {
            "architecture": architecture,
            "os": "linux",
            # A label that looks like what the scripts look for must not confuse them.
            "config": {
                "Labels": {"created": "1999-01-01T00:00:00Z", "note": 'a "quoted", {x: [y]} \\'} | (labels or {})
            },
            "rootfs": {"type": "layers", "diff_ids": [sha256(layer)]},
            "history": [{"created": "1998-01-01T00:00:00Z"}],
        }
        if created is not None:
            configuration["created"] = created
        names = (
            ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip")
            if oci
            else (
                "application/vnd.docker.container.image.v1+json",
                "application/vnd.docker.image.rootfs.diff.tar.gzip",
            )
        )
        return self.put_manifest(
            tag,
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST if oci else DOCKER_MANIFEST,
                "layers": [{"mediaType": names[1], **self.put_blob(layer)}],
                "config": {"mediaType": names[0], **self.put_blob(json.dumps(configuration).encode())},
            },
        )

    def push(self, tag, kind="docker", created="2024-05-06T07:08:09.123456789Z", labels=None):
        """Pushes a new image under the tag; returns its digest."""
        oci = kind.startswith("oci")
        if kind in ("docker", "oci"):
            return self.platform_image(tag, oci, created, labels=labels)["digest"]
        children = []
        # The first child is an attestation, as BuildKit makes them; it must not be taken for the image.
        for system, architecture, time in [
            ("unknown", "unknown", "2099-01-01T00:00:00Z"),
            ("linux", "amd64", created),
            ("linux", "arm64", created and "1998-01-01T00:00:00Z"),
        ]:
            child = self.platform_image(None, oci, time, architecture, labels)
            children.append({"platform": {"architecture": architecture, "os": system}, **child})
        return self.put_manifest(tag, {"schemaVersion": 2, "mediaType": KINDS[kind], "manifests": children})[
            "digest"
        ]

    def get(self, reference):
        """Status, media type and bytes of a manifest."""
        status, headers, data = self.request(
            "GET", f"manifests/{reference}", Accept=", ".join(KINDS.values())
        )
        return status, headers.get("Content-Type"), data

    def also_tag(self, tag, *others):
        status, _, data = self.get(tag)
        assert status == 200, data
        for other in others:
            self.put_manifest(other, data)

    def digest(self, reference):
        status, _, data = self.get(reference)
        assert status in (200, 404), (status, data)
        return sha256(data) if status == 200 else None

    def tags(self):
        status, _, data = self.request("GET", "tags/list")
        return set(json.loads(data)["tags"] or []) if status == 200 else set()
