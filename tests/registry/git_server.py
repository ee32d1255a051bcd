"""An imitation of GitLab's git over HTTP: what `git ls-remote` asks for, answered by git itself.

As GitLab's `Repositories::GitHttpController` (GitLab 16): a job authenticates as gitlab-ci-token with
its job token, and whoever may not read a project is told 401 or 404. Only the first request of the
protocol is answered (gitprotocol-http, smart clients, `info/refs`).
"""

import base64
import http.server
import re
import subprocess
import urllib.parse

JOB_TOKEN = 'job"token\\x'


class Projects:
    def __init__(self, directory):
        self.directory, self.url = directory, None
        self.answers = {}  # name -> a function that changes the answer, to play a fault

    def create(self, name, branches=(), tags=()):
        """A project with these branches and git tags; returns its address."""
        repository = self.directory / f"{name}.git"

        def git(*arguments, **how):
            return subprocess.run(
                ["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True, **how
            ).stdout.strip()

        repository.mkdir(parents=True)
        git("init", "--bare", "--quiet")
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        tree = git("hash-object", "-t", "tree", "-w", "/dev/null")
        commit = git(*identity, "commit-tree", "-m", "one", tree)
        for branch in branches:
            git("update-ref", f"refs/heads/{branch}", commit)
        for tag in tags:
            git(*identity, "tag", "-a", "-m", tag, tag, commit)
        git("update-ref", "refs/merge-requests/1/head", commit)
        return f"{self.url}/{name}"


def handler(projects):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_):
            pass

        def do_GET(self):
            address = urllib.parse.urlsplit(self.path)
            found = re.fullmatch(r"/(.+)\.git/info/refs", address.path)
            _, _, credentials = self.headers.get("Authorization", "").partition(" ")
            if base64.b64decode(credentials).decode() != f"gitlab-ci-token:{JOB_TOKEN}":
                return self.answer(401, b"HTTP Basic: Access denied\n")
            if not found or address.query != "service=git-upload-pack":
                return self.answer(404, b"not found\n")
            repository = projects.directory / f"{found[1]}.git"
            if not repository.exists():
                return self.answer(404, b"not found\n")
            refs = subprocess.run(
                ["git", "upload-pack", "--stateless-rpc", "--advertise-refs", str(repository)],
                check=True,
                capture_output=True,
            ).stdout
            change = projects.answers.get(found[1], lambda answer: answer)
            return self.answer(200, change(b"001e# service=git-upload-pack\n0000" + refs))

        def answer(self, status, body):
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="GitLab"')
            self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
