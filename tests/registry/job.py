"""Runs lines of a job's `script:` as GitLab's runner does, in the shell and with the tools of regctl's image."""

import os
import pathlib
import shutil
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates/registry"
TOOLS = pathlib.Path(os.environ.get("WINDLASS_TEST_TOOLS", ROOT / "target/tools")) / "bin"

# All functions; `branches` is the script of a job of its own.
LIBRARY = "\n".join(file.read_text() for file in sorted(TEMPLATES.glob("*.sh")) if file.stem != "branches")
BRANCHES = (TEMPLATES / "branches.sh").read_text()

# Of BusyBox, as in Alpine's image.
BUSYBOX = ("awk cat cut date grep head printf sed sh sort tr xargs").split()

# The frame in which GitLab's runner puts a job (shells/bash.go, runner 17).
RUNNER = """if set -o | grep pipefail > /dev/null; then set -o pipefail; fi; set -o errexit
set +o noclobber
: | eval "$JOB"
exit 0
"""
LOGIN = (
    'printf \'%s\' "$CI_REGISTRY_PASSWORD" | regctl registry login --user "$CI_REGISTRY_USER" --pass-stdin "$CI_REGISTRY"'
)


class Jobs:
    """Starts jobs. `directory` gets the tools and a folder for each job."""

    def __init__(self, directory):
        self.directory = directory / "jobs"
        self.count, self.lock = 0, threading.Lock()
        self.bin = self.directory / "bin"
        self.bin.mkdir(parents=True)
        for tool in BUSYBOX:
            (self.bin / tool).symlink_to(shutil.which("busybox"))
        (self.bin / "regctl").symlink_to(TOOLS / "regctl")
        (self.bin / "git").symlink_to(shutil.which("git"))

    def run(self, script, environment):
        """Returns the exit status, and everything the job printed."""
        with self.lock:
            self.count += 1
            folder = self.directory / f"job-{self.count}"
        folder.mkdir()
        # Each job has a /tmp of its own in a container.
        text = f"{LOGIN}\n{LIBRARY}\n{script}\n".replace("/tmp/", f"{folder}/")
        done = subprocess.run(
            [str(self.bin / "sh"), "-c", RUNNER],
            env=environment | {"PATH": str(self.bin), "HOME": str(folder), "JOB": text},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,  # far more than a busy machine takes
            check=False,
        )
        shutil.rmtree(folder)
        return done.returncode, done.stdout
