"""What GitLab's container registry has and distribution 2.8 has not, in front of a docker-registry.

- `DELETE /v2/<name>/manifests/<tag>` removes the tag alone, 202, or 404 if there is none: GitLab's
  registry since GitLab 16.4, distribution since 3.0.0 (`DeleteManifest` in its
  registry/handlers/manifests.go calls `Untag`, which removes the tag's folder; so does this).
- Tag lists come in pages, with a `Link` header (distribution 3.0, registry/handlers/tags.go; at
  GitLab 100 tags a page unless `n` says otherwise).
- Blobs are answered with a redirect to the object storage, which refuses a request that brings an
  Authorization header too, as Amazon S3 does.

All else, and every question of rights, is answered by the docker-registry behind it.
It can also play faults: see `Front`.
"""

import base64
import http.client
import http.server
import json
import re
import shutil
import threading
import urllib.parse

NOBODY = "sha256:" + "0" * 64


class Front:
    def __init__(self, backend, root, tokens):
        self.backend, self.root, self.tokens = backend, root, tokens
        self.storage_url = None
        self.requests = []  # "METHOD PATH" of every request
        self.uses = {}  # token of the user `short-lived` -> requests it still has
        self.unavailable = {}  # "METHOD PATH" -> so many times it is 503
        self.before = {}  # "METHOD PATH" -> called once, before the request is answered
        self.half_deleted = set()  # names; the next manifest deleted there leaves its tags behind
        self.lock = threading.Lock()

    def fault(self, request, token):
        """The status of a fault to play, or None."""
        with self.lock:
            self.requests.append(request)
            call = self.before.pop(request, None)
            if self.unavailable.get(request, 0):
                self.unavailable[request] -= 1
                return 503
            if subject(token) == "short-lived":
                left = self.uses.setdefault(token, 5)
                self.uses[token] = left - 1
                if left <= 0:
                    return 401
        if call:
            call()
        return None

    def repositories(self, name):
        return self.root / "docker/registry/v2/repositories" / name


def subject(token):
    try:
        payload = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
    except (IndexError, ValueError):
        return None


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits for a delayed acknowledgement

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def handler(front):
    class Handler(Quiet):
        def setup(self):
            super().setup()
            self.backend = http.client.HTTPConnection(front.backend, timeout=30)

        def finish(self):
            self.backend.close()
            super().finish()

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            path = urllib.parse.urlsplit(self.path).path
            fault = front.fault(f"{self.command} {path}", token)
            token = front.tokens.opaque.get(token, token)
            if fault == 503:
                return self.answer(503, b"{}")
            if fault == 401:
                return self.relay(*self.ask("GET", "/v2/", "", b""))
            tag = re.fullmatch(r"/v2/(.+)/manifests/([A-Za-z0-9_][A-Za-z0-9._-]*)", path)
            if self.command == "DELETE" and tag:
                return self.delete_tag(*tag.groups(), token)
            name, _, digest = path.removeprefix("/v2/").partition("/manifests/")
            if self.command == "DELETE" and digest != NOBODY and name in front.half_deleted:
                front.half_deleted.remove(name)
                return self.half_delete(name, digest)
            status, headers, content = self.ask(self.command, self.path, token, body)
            if status == 200 and path.endswith("/tags/list"):
                return self.page(path, json.loads(content))
            if status == 200 and "/blobs/" in path and self.command == "GET":
                return self.answer(307, b"", [("Location", f"{front.storage_url}/{path.rsplit('/', 1)[1]}")])
            return self.relay(status, headers, content)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = handle_any

        def ask(self, method, path, token, body):
            connection = self.backend
            # A header may come several times, as regctl's `Accept` does.
            headers = {
                name: ", ".join(self.headers.get_all(name))
                for name in self.headers
                if name.lower() not in ("authorization", "connection", "content-length", "te")
            }
            if token:
                headers["Authorization"] = "Bearer " + token
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, answer.getheaders(), content

        def relay(self, status, headers, content):
            # A scheme is the same in capitals (RFC 9110, 11.1), in which some write it.
            kept = [
                (name, value.replace("Bearer ", "BEARER ") if name == "Www-Authenticate" else value)
                for name, value in headers
                if name.lower() not in ("content-length", "connection", "date", "transfer-encoding")
            ]
            self.answer(status, content, kept)

        def delete_tag(self, name, tag, token):
            # Whoever may delete a manifest may delete a tag: one that cannot exist is then 404.
            status, headers, content = self.ask("DELETE", f"/v2/{name}/manifests/{NOBODY}", token, b"")
            if status != 404:
                return self.relay(status, headers, content)
            folder = front.repositories(name) / "_manifests/tags" / tag
            with front.lock:
                if not folder.exists():
                    return self.answer(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
                shutil.rmtree(folder)
            return self.answer(202)

        def half_delete(self, name, digest):
            """What 2.8.2 did with 2 of 300 dummies that 6 clients deleted in one repository."""
            shutil.rmtree(front.repositories(name) / "_manifests/revisions/sha256" / digest.partition(":")[2])
            return self.answer(500, b'{"errors":[{"code":"UNKNOWN","message":"unknown error"}]}')

        def page(self, path, listed):
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
            count = int(query.get("n", 100))
            rest = [tag for tag in sorted(listed["tags"] or []) if tag > query.get("last", "")]
            headers = [("Content-Type", "application/json")]
            if len(rest) > count:
                following = urllib.parse.urlencode({"last": rest[count - 1], "n": count})
                headers.append(("Link", f'<{path}?{following}>; rel="next"'))
            body = json.dumps({"name": listed["name"], "tags": rest[:count]}).encode()
            self.answer(200, body, headers)

    return Handler


def storage_handler(front):
    class Handler(Quiet):
        def do_GET(self):
            if self.headers.get("Authorization"):
                return self.answer(400, b"Only one auth mechanism allowed")
            value = self.path.rsplit(":", 1)[1]
            blob = front.root / "docker/registry/v2/blobs/sha256" / value[:2] / value / "data"
            return self.answer(200, blob.read_bytes())

    return Handler
