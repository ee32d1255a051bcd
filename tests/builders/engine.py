"""A Docker engine of the tests' own: no bridge, no firewall rules, nothing that is left behind."""

import os
import pathlib
import subprocess
import time

import stack


class Engine:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory) / "engine"
        self.socket = f"unix://{self.directory}/socket"

    def __enter__(self):
        self.directory.mkdir()
        self.log = (self.directory / "log").open("w")
        self.process = subprocess.Popen(
            [
                "dockerd",
                f"--host={self.socket}",
                f"--data-root={self.directory}/data",
                f"--exec-root={self.directory}/exec",
                f"--pidfile={self.directory}/pid",
                "--storage-driver=vfs",
                "--bridge=none",
                "--iptables=false",
                "--ip6tables=false",
                "--ip-forward=false",
                "--ip-masq=false",
            ],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            preexec_fn=stack.die_with_parent,
        )
        for _ in range(300):
            if self.docker("version", check=False).returncode == 0:
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError("dockerd does not start:\n" + (self.directory / "log").read_text()[-2000:])

    def __exit__(self, *_):
        running = self.docker("ps", "--quiet", check=False).stdout.split()
        if running:
            self.docker("kill", *running, check=False)
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        for line in reversed(pathlib.Path("/proc/mounts").read_text().splitlines()):
            target = line.split()[1]
            if target.startswith(f"{self.directory}/"):
                subprocess.run(["umount", "--lazy", target], check=False)

    def docker(self, *arguments, check=True):
        environment = {"PATH": os.environ["PATH"], "DOCKER_HOST": self.socket, "HOME": str(self.directory)}
        return subprocess.run(
            ["docker", *arguments], env=environment, capture_output=True, text=True, check=check
        )

    def forget(self):
        """Removes all containers, images and build caches, as if it were a new engine."""
        containers = self.docker("ps", "--all", "--quiet").stdout.split()
        if containers:
            self.docker("rm", "--force", *containers)
        self.docker("system", "prune", "--all", "--force")
