"""An imitation of GitLab: tokens for its container registry, and the git repositories.

Tokens follow `../registry/token_endpoint.py` (GitLab's `Auth::ContainerRegistryAuthenticationService`):
wrong credentials are 401; an action that the user may not do is left out of the token, which is 200
all the same. What is here besides: a job token lives as long as its job (`Ci::Build#token`), and
counts only in its own project; `*` is for administrators (`can_access?` in the same service).
Of its repositories it tells the refs, as `git ls-remote` asks for them (git's protocol of version 0). Who has
`git-push` in a project clones it and pushes to it: git's own `http-backend` answers.
"""

import base64
import json
import os
import subprocess
import urllib.parse

import token_endpoint
from rig import serve
from rig.world import run

GIT_PUSH = "git-push"
PULL, JOB, ALL = {"pull"}, {"pull", "push", "delete"}, {"pull", "push", "delete", "*"}


class Issuer(token_endpoint.Issuer):
    """Signs for whoever `credentials` names: password -> (user, project, actions)."""

    def __init__(self, directory):
        super().__init__(directory, "")
        self.credentials, self.secrets, self.granted = {}, set(), []
        self.leaky = set()  # secrets of projects whose pipelines are known to leak
        self.leaks, self.talkative = set(), set()  # projects
        self.before_push = {}  # project -> what happens when a push to it has begun

    def public_key(self):
        """The key that signs, as a JSON Web Key (RFC 7517)."""
        modulus = run("openssl", "rsa", "-in", "token.key", "-modulus", "-noout", cwd=self.directory)
        number = bytes.fromhex(modulus.strip().partition("=")[2])
        parts = {"n": token_endpoint.base64url(number), "e": "AQAB"}
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key_id, **parts}

    def allow(self, user, password, project, actions):
        self.secrets.add(password)
        if project in self.leaks:
            self.leaky.add(password)
        self.credentials[password] = (user, project, actions)

    def revoke(self, password):
        self.credentials.pop(password, None)

    def token(self, password, scopes):
        user, own_project, actions = self.credentials[password]
        access = []
        for scope in scopes:
            kind, _, rest = scope.partition(":")
            name, _, wanted = rest.rpartition(":")
            own = name == own_project or name.startswith(own_project + "/")
            granted = [action for action in wanted.split(",") if own and action in actions]
            if kind == "repository" and granted:
                meta = {"project_path": own_project, "project_id": 1, "root_namespace_id": 1}
                access.append({"type": kind, "name": name, "actions": granted, "meta": meta})
        self.granted.append((user, scopes, access))
        token = self.issue(user, access)
        if own_project in self.leaks:
            self.leaky.add(token)
        return token


def handler(issuer, repositories):
    class Gitlab(serve.Handler):
        def do_GET(self):
            address = urllib.parse.urlsplit(self.path)
            _, _, credentials = self.headers.get("Authorization", "").partition(" ")
            user, _, password = base64.b64decode(credentials).decode().partition(":")
            known = issuer.credentials.get(password)
            if not known or known[0] != user:
                error = {"errors": [{"code": "UNAUTHORIZED", "message": "HTTP Basic: Access denied"}]}
                challenge = [("WWW-Authenticate", 'Basic realm="GitLab"')]
                return self.reply(401, json.dumps(error).encode(), headers=challenge)
            if address.path == "/jwt/auth":
                scopes = " ".join(urllib.parse.parse_qs(address.query).get("scope", [])).split()
                # The token alone, as GitLab answers; other token servers say more (RFC 6749, 5.1).
                more = {"expires_in": 300, "issued_at": "2026-01-01T00:00:00Z"} if known[1] in issuer.talkative else {}
                value = {"token": issuer.token(password, scopes)} | more
                return self.reply(200, json.dumps(value, separators=(",", ":")).encode())
            project, git, path = address.path[1:].partition(".git/")
            if not git or project != known[1]:
                return self.reply(404)
            if GIT_PUSH in known[2]:
                return self.git(address, user)
            folder = (repositories / f"{project}.git").resolve()
            if path != "info/refs" or address.query != "service=git-upload-pack" or not folder.is_dir():
                return self.reply(404)
            command = ["git", "upload-pack", "--stateless-rpc", "--advertise-refs", str(folder)]
            refs = subprocess.run(command, capture_output=True, check=True).stdout
            kind = "application/x-git-upload-pack-advertisement"
            return self.reply(200, b"001e# service=git-upload-pack\n0000" + refs, kind)

        def do_POST(self):
            """A push or a fetch. BuildKit asks by POST first (OAuth), and by GET where that is not known."""
            address = urllib.parse.urlsplit(self.path)
            project, git, service = address.path[1:].partition(".git/")
            _, _, credentials = self.headers.get("Authorization", "").partition(" ")
            user, _, password = base64.b64decode(credentials).decode().partition(":")
            if not git or issuer.credentials.get(password) != (user, project, {GIT_PUSH}):
                self.body()
                return self.reply(404)
            if service == "git-receive-pack":
                issuer.before_push.get(project, lambda: None)()
            return self.git(address, user)

        def git(self, address, user):
            """What git's CGI program answers (RFC 3875)."""
            environment = {
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(repositories),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "PATH_INFO": address.path,
                "QUERY_STRING": address.query,
                "REQUEST_METHOD": self.command,
                "REMOTE_USER": user,
                "REMOTE_ADDR": self.client_address[0],
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": self.headers.get("Content-Length", "0"),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            }
            command = ["git", "-c", "safe.directory=*", "http-backend"]
            done = subprocess.run(command, input=self.body(), capture_output=True, check=True, env=environment)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            status = int(headers.pop("Status", "200").split()[0])
            return self.reply(status, content, headers.pop("Content-Type", "text/plain"), headers.items())

    return Gitlab
