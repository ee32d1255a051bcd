"""The container registry of a GitLab, and the mirror of Docker Hub.

Real: Debian's docker-registry (distribution 2.8), or distribution 3, which deletes single tags and lists
tags in pages; both with token authentication and deletion. In front of it `../registry/gitlab_registry.py`
adds what GitLab's own registry has; `gitlab=False` leaves the front transparent: distribution as it is.
The front sees all requests: it notes them, and counts what goes up and down for each project.
"""

import http.client
import io
import json
import pathlib
import re
import shutil
import subprocess
import threading
import time

import gitlab_registry
import token_endpoint
from images import catalog
from rig import serve

LOCAL = "127.0.0.1"
READ_ONLY = {"readonly": {"enabled": True}}
DEBIAN = "docker-registry"  # distribution 2.8
DISTRIBUTION = str(catalog.tools() / "registry")  # distribution 3


class Registry:
    def __init__(
        self, name, state, certificates, address, issuer, token_url, port, gitlab=True, beside=None, program=DEBIAN
    ):
        self.root, self.certificates, self.address = state / name, certificates, address
        self.storage = self.root / "docker/registry/v2"
        self.name, self.issuer, self.token_url, self.gitlab = name, issuer, token_url, gitlab
        self.backend, self.program = f"{LOCAL}:{port}", program
        self.log = state / f"{name}.log"
        self.lines = []  # "METHOD PATH?QUERY" of all requests
        self.traffic = {}  # project -> [requests, bytes up, bytes down]
        self.down = set()  # projects to which nobody answers: the connection breaks off
        self.expired = set()  # tokens that have expired
        self.read_only = {}  # project -> the address of a registry on the same storage that is read-only
        self.limited = {}  # project -> so many more requests are 429
        self.broken = {}  # project -> so many more requests are 500
        self.on = {}  # project -> a pattern for `METHOD PATH`, and what happens before the first such request is answered
        self.slow = {}  # project -> seconds until each answer
        self.protected = {}  # project -> pattern of tags that only a maintainer may move or delete
        self.lock = threading.Lock()
        self.process = start(self.root, self.backend, self.log, self.authentication(), program=program)
        self.front = gitlab_registry.Front(self.backend, self.root, issuer)
        base = counting(self)
        if beside:  # GitLab answers at the same host name
            base = type("Both", (beside, base), {"do_GET": both(base, beside), "do_POST": base.do_POST})
        serve.serve(base, self.address, self.certificates)

    def authentication(self):
        keys = self.certificates / "token.jwks"
        keys.write_text(json.dumps({"keys": [self.issuer.public_key()]}))
        # Distribution 2 derives the identifier of the key from the certificate, distribution 3 reads it.
        key = {"jwks": keys} if self.program == DISTRIBUTION else {"rootcertbundle": self.certificates / "token.crt"}
        names = {"service": token_endpoint.SERVICE, "issuer": token_endpoint.ISSUER}
        return {"token": {"realm": self.token_url, **names, **{name: str(file) for name, file in key.items()}}}

    def expire_tokens(self, project):
        """All tokens that the project has so far are past their time."""
        for names, token in self.issuer.issued:
            if any(name.startswith(project) for name in names):
                self.expired.add(token)

    def happens(self, project, request):
        """Does what was asked for, if this is the first request that matches."""
        with self.lock:
            pattern, action = self.on.get(project, ("$^", None))
            if not re.search(pattern, request):
                return
            del self.on[project]
        action()

    def count(self, project, up, down):
        with self.lock:
            for key in (project, None):
                counted = self.traffic.setdefault(key, [0, 0, 0])
                counted[0] += 1
                counted[1] += up
                counted[2] += down

    def stop_writing(self, project):
        """From now on a registry in read-only mode answers for the project, as while garbage is collected."""
        port = int(self.backend.rpartition(":")[2]) + 100
        address, log = f"{LOCAL}:{port}", pathlib.Path(f"{self.log}.read-only")
        if not self.read_only:
            root = pathlib.Path(f"{self.root}.read-only")
            root.symlink_to(self.root)
            start(root, address, log, self.authentication(), program=self.program, maintenance=READ_ONLY)
        self.read_only[project] = address

    def collect(self, project):
        """Deletes the project's manifests that no tag names, as `garbage-collect --delete-untagged` of distribution 3.

        GitLab.com does so after 24 hours; the registry goes on running meanwhile. An index keeps what it lists.
        """
        for manifests in (self.storage / "repositories" / project).rglob("_manifests"):
            kept, named = set(), [link.read_text() for link in manifests.glob("tags/*/current/link")]
            while named:
                digest = named.pop()
                if digest not in kept:
                    kept.add(digest)
                    listed = json.loads(self.blob(digest).read_bytes()).get("manifests", [])
                    named += [child["digest"] for child in listed]
            for revision in manifests.glob("revisions/sha256/*"):
                if f"sha256:{revision.name}" not in kept:
                    shutil.rmtree(revision)

    def blob(self, digest):
        value = digest.partition(":")[2]
        return self.storage / "blobs/sha256" / value[:2] / value / "data"

    def garbage_collect(self, *options):
        file = pathlib.Path(f"{self.root}.yml")
        command = [self.program, "garbage-collect", *options, str(file)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def project_of(path):
    """/v2/GROUP/PROJECT/... -> GROUP/PROJECT; the base image of the post is nobody's."""
    parts = path.removeprefix("/v2/").split("/")
    return "/".join(parts[:2]) if len(parts) > 2 and parts[2] != "php-base" else None


def counting(registry):
    base = gitlab_registry.handler(registry.front)

    class Counting(base):
        def handle_any(self):
            with registry.lock:
                registry.lines.append(f"{self.command} {self.path}")
            registry.happens(project_of(self.path), f"{self.command} {self.path}")
            if project_of(self.path) in registry.down:
                self.close_connection = True
                return self.connection.close()
            if self.headers.get("Authorization", "").removeprefix("Bearer ") in registry.expired:
                self.body_is_read()
                return self.relay(*self.ask("GET", "/v2/", "", b""))
            if self.headers.get("Transfer-Encoding", "") == "chunked":
                self.unchunk()
            project = project_of(self.path)
            if registry.limited.get(project):
                registry.limited[project] -= 1
                return self.refuse(429, "TOOMANYREQUESTS", [("Retry-After", "1")])
            if registry.broken.get(project):
                registry.broken[project] -= 1
                return self.refuse(500, "UNKNOWN")
            time.sleep(registry.slow.get(project, 0))
            tag = re.fullmatch(r".*/manifests/([A-Za-z0-9_][A-Za-z0-9._-]*)", self.path)
            if tag and self.command in ("PUT", "DELETE") and re.search(registry.protected.get(project, "$^"), tag[1]):
                return self.refuse(403, "DENIED")
            self.ask_at(registry.read_only.get(project, registry.backend))
            self.headers["X-Forwarded-Proto"] = "https"  # for the addresses that the registry answers
            return super().handle_any()

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = handle_any

        def ask_at(self, address):
            """The registry at this address answers from now on."""
            if f"{self.backend.host}:{self.backend.port}" != address:
                self.backend.close()
                self.backend = http.client.HTTPConnection(address, timeout=30)

        def refuse(self, status, code, headers=()):
            self.body_is_read()
            body = json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode()
            return self.answer(status, body, [("Content-Type", "application/json"), *headers])

        def body_is_read(self):
            self.rfile.read(self.up())

        def unchunk(self):
            """Docker sends layers in chunks; the front wants to know their length."""
            data = bytearray()
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            self.whole = self.rfile
            self.rfile = io.BytesIO(bytes(data))
            del self.headers["Transfer-Encoding"]
            self.headers["Content-Length"] = str(len(data))

        def handle_one_request(self):
            super().handle_one_request()
            if getattr(self, "whole", None):
                self.rfile, self.whole = self.whole, None

        def delete_tag(self, name, tag, token):
            if registry.gitlab:
                return super().delete_tag(name, tag, token)
            return self.relay(*self.ask("DELETE", f"/v2/{name}/manifests/{tag}", token, b""))

        def page(self, path, listed):
            if registry.gitlab:
                return super().page(path, listed)
            return self.answer(200, json.dumps(listed).encode(), [("Content-Type", "application/json")])

        def relay(self, status, headers, content):
            """As the front does, but a HEAD keeps its length: Docker reads a layer's size there."""
            kept = [
                (name, value)
                for name, value in headers
                if name.lower() not in ("connection", "date", "transfer-encoding")
                and (name.lower() != "content-length" or self.command == "HEAD")
            ]
            self.answer(status, content, kept)

        def answer(self, status, body=b"", headers=()):
            headers, down = list(headers), len(body)
            if status == 307:  # the blob goes down all the same, from the object storage
                blob = registry.blob(self.path.rsplit("/", 1)[1])
                down = blob.stat().st_size
                if not registry.gitlab:
                    status, body, headers = (
                        200,
                        blob.read_bytes(),
                        [("Content-Type", "application/octet-stream")],
                    )
            registry.count(project_of(self.path.partition("?")[0]), self.up(), down)
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            if status != 204 and not any(name.lower() == "content-length" for name, _ in headers):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def up(self):
            return int(self.headers.get("Content-Length") or 0)

    return Counting


def both(registry, gitlab):
    def get(self):
        return registry.do_GET(self) if self.path.startswith("/v2/") else gitlab.do_GET(self)

    return get


def start(root, address, log, authentication, tls=None, program=DEBIAN, maintenance=None):
    """A registry; returns its process when it answers."""
    configuration = {  # JSON is YAML
        "version": "0.1",
        "log": {"level": "info", "accesslog": {"disabled": False}},
        "storage": {"filesystem": {"rootdirectory": str(root)}, "delete": {"enabled": True}},
        "http": {"addr": address, "secret": "world"} | ({"tls": tls} if tls else {}),
    }
    if maintenance:
        configuration["storage"]["maintenance"] = maintenance
    if authentication:
        configuration["auth"] = authentication
    file = pathlib.Path(f"{root}.yml")
    file.write_text(json.dumps(configuration))
    with log.open("a") as output:
        process = subprocess.Popen(
            [program, "serve", str(file)], stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    host, _, port = address.rpartition(":")
    for _ in range(200):
        try:
            connection = http.client.HTTPConnection(host, int(port), timeout=5)
            connection.request("GET", "/")
            connection.getresponse()
            return process
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
    raise RuntimeError(f"{program} does not answer: {log.read_text()[-2000:]}")
