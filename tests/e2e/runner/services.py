"""Services beside a job: real daemons in the pod's network, found by their alias.

`docker:*-dind` is dockerd, started as the image's entry point does (docker-library/docker,
dockerd-entrypoint.sh): with DOCKER_TLS_CERTDIR it makes certificates there and listens on 2376, without
on 2375. In 2018 there was no such variable.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import time

from images import catalog
from rig import name_server
from rig.world import STATE
from runner import sandbox
from runner import variables as ci

DIND = re.compile(r"docker:(?:(\d+)?[\w.-]*-)?dind(-rootless)?")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


# Where the programs of an engine are, before those of the host.
DEBIAN, CURRENT = "", f"{catalog.tools().parent}/engine"
SNAPSHOTTER, GRAPH_DRIVER = ("--feature=containerd-snapshotter=true",), ("--storage-driver=overlay2",)


def engine(name):
    """Programs and options of the daemon in an image `docker:...-dind`: Debian's 20.10 up to 20, else 28.5.

    From 29 on a fresh installation has the containerd image store (docs.docker.com, release notes of 29.0).
    """
    version = int(DIND.fullmatch(name)[1] or 29)
    return (DEBIAN if version <= 20 else CURRENT), (SNAPSHOTTER if version >= 29 else GRAPH_DRIVER)


def start(pod, service, environment, gitlab):
    """`service` as in the pipeline, with its variables expanded. Returns the names it has."""
    name = ci.expand(service["name"], environment)
    alias = service.get("alias") or re.sub(r"[:@].*", "", name).replace("/", "__")
    own = environment | {key: ci.expand(value, environment) for key, value in (service.get("variables") or {}).items()}
    if not DIND.fullmatch(name):
        image(pod, gitlab.published(name), own)
        return [alias]
    command = [ci.expand(word, own) for word in service.get("command") or []]
    # Containers of a builder have no file of hosts that knows the world.
    command += ["--dns", name_server.start(pod.world)]
    docker(pod, command, own, gitlab.bundle, gitlab.certificates, *engine(name))
    return [alias]


def image(pod, published, environment):
    """A service of an image of Docker Hub: its command, beside the job; the runner waits for its ports."""
    made, configuration = published
    process = sandbox.start(pod, made, environment, "/", f"-{len(pod.processes)}")
    process.stdin.write(f"exec {shlex.join(configuration['Cmd'])} </dev/null >/dev/null 2>&1\n".encode())
    process.stdin.close()
    for exposed in configuration.get("ExposedPorts", ()):
        for _ in range(400):
            try:
                socket.create_connection((pod.address, int(exposed.partition("/")[0])), timeout=2).close()
                break
            except OSError:
                time.sleep(0.025)
        else:
            raise RuntimeError(f"the service does not answer on {exposed}")


def docker(pod, command, environment, bundle, certificates, programs=DEBIAN, options=GRAPH_DRIVER):
    place = environment.get("DOCKER_TLS_CERTDIR", "")
    arguments = [
        "dockerd",
        f"--data-root={pod.directory}/docker",
        f"--exec-root={pod.directory}/exec",
        f"--pidfile={pod.directory}/dockerd.pid",
        f"--config-file={pod.directory}/daemon.json",
        f"--cgroup-parent=/{os.environ['WINDLASS_E2E_CGROUP']}/{pod.name}",
        *options,
        f"--host=unix://{pod.directory}/docker.sock",
    ]
    if place:
        server, client = pod.directory / "certs/server", pod.directory / "certs/client"
        for folder, pair, prefix in ((server, "docker-server", "server-"), (client, "docker-client", "")):
            folder.mkdir(parents=True)
            shutil.copy(certificates / "ca.crt", folder / "ca.pem")
            shutil.copy(certificates / f"{pair}.crt", folder / f"{prefix}cert.pem")
            shutil.copy(certificates / f"{pair}.key", folder / f"{prefix}key.pem")
        arguments += [
            "--host=tcp://0.0.0.0:2376",
            "--tlsverify",
            f"--tlscacert={server}/ca.pem",
            f"--tlscert={server}/server-cert.pem",
            f"--tlskey={server}/server-key.pem",
        ]
        port = 2376
    else:
        arguments += ["--host=tcp://0.0.0.0:2375", "--tls=false"]
        port = 2375
    (pod.directory / "daemon.json").write_text("{}")
    script = [
        "set -e",
        f"/usr/bin/mount --bind {pod.directory}/hosts /etc/hosts",
        f"/usr/bin/mount --bind {bundle} /etc/ssl/certs/ca-certificates.crt",
        "/usr/bin/mount -t tmpfs run /run",
        "exec " + shlex.join([*arguments, *command]),
    ]
    file = pod.directory / "dockerd.sh"
    file.write_text("\n".join(script) + "\n")
    with (pod.directory / "dockerd.log").open("w") as log:
        daemon = pod.spawn(
            "/bin/sh", str(file), env={"PATH": f"{programs}:{PATH}" if programs else PATH, "HOME": str(STATE)}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    wait(pod, daemon, port)


def wait(pod, daemon, port):
    """The runner waits until the service's port answers."""
    for _ in range(400):
        ready = (pod.directory / "docker.sock").exists() and answers(pod.directory / "docker.sock")
        if ready:
            return
        if daemon.poll() is not None:
            break
        time.sleep(0.025)
    raise RuntimeError(f"dockerd does not answer on {port}:\n{(pod.directory / 'dockerd.log').read_text()[-3000:]}")


def answers(path):
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(path))
            client.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b"200" in client.recv(64)
    except OSError:
        return False
