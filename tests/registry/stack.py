"""A container registry as GitLab's jobs see it, on 127.0.0.1, and everything behind it.

Real: Debian's docker-registry (distribution 2.8) three times, with deletion enabled: two with token
authentication, the third, another registry than the project's, with a password of its own; and git.
Imitated: GitLab's token endpoint (`token_endpoint`), what GitLab's own registry has and 2.8 has not
(`gitlab_registry`), in front of the second docker-registry, and GitLab's git over HTTP (`git_server`).

`Stack` is a context manager. Its processes end with it, and also when this one is killed.
"""

import ctypes
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request

import git_server
import gitlab_registry
import token_endpoint

PROJECT = "group/project"
# Who may do all in the registry with a password of its own, with all that curl's configuration must quote.
OTHER = ("other user", "other \"pass\\word\" $HOME")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent():
    """Linux ends the child when the parent is gone, however it went (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Stack:
    def __enter__(self):
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # the registry syncs each file
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="registry-test.", dir=memory))
        self.processes, self.servers = [], []
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.shutdown()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _start(self):
        make_certificates(self.directory)
        self.ca = self.directory / "ca.crt"
        self.tls = ssl.create_default_context(cafile=self.ca)
        self.tokens = token_endpoint.Issuer(self.directory, PROJECT)
        token_url = self.serve(token_endpoint.handler(self.tokens)) + "/jwt/auth"

        plain_port = free_port()
        self.distribution = f"127.0.0.1:{free_port()}"
        self.distribution_log = self.start_registry("distribution", self.distribution, token_url, tls=True)
        backend = f"127.0.0.1:{plain_port}"
        self.start_registry("backend", backend, token_url, tls=False)
        self.gitlab_registry = gitlab_registry.Front(backend, self.directory / "backend", self.tokens)
        # On a host of its own: a client sends its token to no other.
        storage_url = self.serve(gitlab_registry.storage_handler(self.gitlab_registry), "127.0.0.2")
        self.gitlab_registry.storage_url = storage_url
        self.gitlab = self.serve(gitlab_registry.handler(self.gitlab_registry)).removeprefix("https://")
        self.other = f"127.0.0.1:{free_port()}"
        password = subprocess.run(
            ["perl", "-e", 'print crypt($ARGV[0], q($2b$04$) . "a" x 22)', OTHER[1]],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        (self.directory / "htpasswd").write_text(f"{OTHER[0]}:{password}\n")
        self.start_registry("other", self.other, None, tls=True)
        self.git = git_server.Projects(self.directory / "git")
        self.git.url = self.serve(git_server.handler(self.git))
        for url in (f"https://{host}/v2/" for host in (self.distribution, self.gitlab, self.other)):
            self.wait_for(url)

    def serve(self, handler, host="127.0.0.1"):
        """Serves in a thread; returns the address, https://host:port."""
        server = http.server.ThreadingHTTPServer((host, 0), handler)
        server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / "server.crt", self.directory / "server.key")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.servers.append(server)
        return f"https://{host}:{server.server_port}"

    def start_registry(self, name, address, token_url, tls):
        certificates = {
            "certificate": str(self.directory / "server.crt"),
            "key": str(self.directory / "server.key"),
        }
        configuration = {  # JSON is YAML
            "version": "0.1",
            "log": {"level": "info", "accesslog": {"disabled": False}},
            "storage": {
                "filesystem": {"rootdirectory": str(self.directory / name)},
                "delete": {"enabled": True},
            },
            "http": {"addr": address, "secret": name} | ({"tls": certificates} if tls else {}),
            "auth": {
                "token": {
                    "realm": token_url,
                    "service": token_endpoint.SERVICE,
                    "issuer": token_endpoint.ISSUER,
                    "rootcertbundle": str(self.directory / "token.crt"),
                }
            }
            if token_url
            else {"htpasswd": {"realm": "other", "path": str(self.directory / "htpasswd")}},
        }
        file, log = self.directory / f"{name}.yml", self.directory / f"{name}.log"
        file.write_text(json.dumps(configuration))
        with log.open("w") as output:
            self.processes.append(
                subprocess.Popen(
                    ["docker-registry", "serve", str(file)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    preexec_fn=die_with_parent,
                )
            )
        return log

    def wait_for(self, url):
        for _ in range(200):
            try:
                urllib.request.urlopen(url, context=self.tls, timeout=5)
            except urllib.error.HTTPError as answer:
                if answer.code == 401:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"{url} does not answer; see {self.directory}")


def make_certificates(directory):
    """An authority, a TLS server's certificate for 127.0.0.1, and the key that signs tokens."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    for name in ("ca", "token"):
        openssl(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.crt",
            "-days",
            "2",
            "-subj",
            f"/CN={name}",
        )
    (directory / "server.ext").write_text("subjectAltName=IP:127.0.0.1,IP:127.0.0.2\n")
    openssl(
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "server.key",
        "-out",
        "server.csr",
        "-subj",
        "/CN=127.0.0.1",
    )
    openssl(
        "x509",
        "-req",
        "-in",
        "server.csr",
        "-CA",
        "ca.crt",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        "server.ext",
        "-out",
        "server.crt",
    )
