"""An imitation of GitLab's token endpoint, `GET /jwt/auth`.

Follows GitLab's `Auth::ContainerRegistryAuthenticationService` and `JwtController` (GitLab 16):
wrong credentials are 401; right credentials with an action that the user may not do are 200 with a
token that lacks the action; the body is `{"token": ...}`; the JWT is RS256 with libtrust's key id
and an `access` list. Its users stand in `USERS`.
"""

import base64
import hashlib
import http.server
import json
import subprocess
import time
import urllib.parse
import uuid

SERVICE, ISSUER = "container_registry", "gitlab-issuer"

# User -> (password, granted actions). The password has all that curl's configuration must quote.
USERS = {
    "gitlab-ci-token": ("job\"pass\\word $HOME %s 'x'", {"pull", "push", "delete"}),
    "reader": ("reader-password", {"pull"}),
    "pusher": ("pusher-password", {"pull", "push"}),
    "deleter": ("deleter-password", {"pull", "delete"}),
    "short-lived": ("short-lived-password", {"pull", "push", "delete"}),
    "_json_key": ('{\n  "private_key": "a\\nb",\n  "type": "service_account"\n}', {"pull", "push", "delete"}),
    "opaque": ("opaque-password", {"pull", "push", "delete"}),
}


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    def __init__(self, directory, project):
        self.directory, self.project = directory, project
        self.issued = []  # (repositories, token) of all that ever left, to look for in logs and arguments
        self.opaque = {}  # opaque token -> the JWT behind it
        public = subprocess.run(
            ["openssl", "pkey", "-in", "token.key", "-pubout", "-outform", "DER"],
            cwd=directory,
            check=True,
            capture_output=True,
        ).stdout
        digest = base64.b32encode(hashlib.sha256(public).digest()[:30]).decode()
        self.key_id = ":".join(digest[i : i + 4] for i in range(0, 48, 4))

    def issue(self, user, access):
        now = int(time.time())
        header = {"typ": "JWT", "alg": "RS256", "kid": self.key_id}
        claims = {
            "access": access,
            "jti": str(uuid.uuid4()),
            "aud": SERVICE,
            "sub": user,
            "iss": ISSUER,
            "iat": now,
            "nbf": now - 5,
            "exp": now + 300,
            "auth_type": "build",
        }
        text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", str(self.directory / "token.key")],
            input=text.encode(),
            check=True,
            capture_output=True,
        ).stdout
        token = f"{text}.{base64url(signature)}"
        if user == "opaque":
            token, jwt = str(uuid.uuid4()), token
            self.opaque[token] = jwt
        self.issued.append(({entry["name"] for entry in access}, token))
        return token

    def access(self, scopes, granted):
        """What of the asked scopes (`repository:NAME:ACTION,...`) is granted."""
        access = []
        for scope in scopes:
            kind, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            own = name == self.project or name.startswith(self.project + "/")
            actions = [action for action in actions.split(",") if own and action in granted]
            if kind == "repository" and actions:
                meta = {"project_path": self.project, "project_id": 1, "root_namespace_id": 1}
                access.append({"type": kind, "name": name, "actions": actions, "meta": meta})
        return access


def handler(issuer):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits for a delayed acknowledgement

        def log_message(self, *_):
            pass

        def do_GET(self):
            address = urllib.parse.urlsplit(self.path)
            scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
            user, _, password = base64.b64decode(credentials).decode().partition(":")
            if address.path != "/jwt/auth":
                return self.answer(404, {"errors": [{"code": "NOT_FOUND", "message": "not found"}]})
            if scheme != "Basic" or USERS.get(user, ("", set()))[0] != password or not password:
                return self.answer(
                    401, {"errors": [{"code": "UNAUTHORIZED", "message": "HTTP Basic: Access denied"}]}
                )
            scopes = " ".join(urllib.parse.parse_qs(address.query).get("scope", [])).split()
            return self.answer(200, {"token": issuer.issue(user, issuer.access(scopes, USERS[user][1]))})

        def answer(self, status, value):
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
