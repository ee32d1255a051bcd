"""Runs lines of a job's `script:` as GitLab's runner does, in one of the shells that job images have."""

import pathlib
import shutil
import subprocess
import threading

TEMPLATES = pathlib.Path(__file__).resolve().parents[2] / "templates/registry"


def sections(*names):
    """The library with these sections alone, as a pipeline holds it."""
    return "\n".join((TEMPLATES / f"{name}.sh").read_text() for name in ("registry", *names))


# All of it, the sections in the order of the alphabet.
LIBRARY = sections(*sorted(file.stem for file in TEMPLATES.glob("*.sh") if file.stem != "registry"))


# The whole list at the top of the library: a job's PATH holds nothing else.
TOOLS = ("curl awk base64 cat cut date grep mkdir mktemp mv od rm sed sha256sum sort tr xargs").split()

# Shell -> its command, and where its tools come from. `busybox` is what Alpine images have.
SHELLS = {
    "dash": (["dash"], shutil.which),
    "bash": (["bash"], shutil.which),
    "busybox": (["busybox", "sh"], lambda tool: shutil.which("curl" if tool == "curl" else "busybox")),
}

# The frame in which GitLab's runner puts a job (shells/bash.go, runner 17); `set -u` is not GitLab's,
# but a job may say so.
RUNNER = """if set -o | grep pipefail > /dev/null; then set -o pipefail; fi; set -o errexit
set +o noclobber
: | eval "$JOB"
exit 0
"""


class Jobs:
    """Starts jobs in one shell. `directory` gets the tools and a temporary folder for each job."""

    def __init__(self, shell, directory):
        self.shell, (self.command, self.tool) = shell, SHELLS[shell]
        self.directory = directory / f"jobs-{shell}"
        self.count, self.lock = 0, threading.Lock()
        self.plain, self.recording = self.directory / "bin", self.directory / "recording"
        self.arguments = self.directory / "arguments"
        for folder in (self.plain, self.recording):
            folder.mkdir(parents=True)
        for tool in TOOLS:
            (self.plain / tool).symlink_to(self.tool(tool))
            wrapper = self.recording / tool
            wrapper.write_text(
                f'#!/bin/sh\nprintf "%s\\n" "{tool}" "$@" >>"{self.arguments}"\nexec "{self.plain / tool}" "$@"\n'
            )
            wrapper.chmod(0o755)

    def run(self, script, environment, record=False, library=None):
        """Returns the exit status, and everything the job printed."""
        with self.lock:
            self.count += 1
            temporary = self.directory / f"tmp {self.count}"  # with a space, as on some runners
        temporary.mkdir()
        text = LIBRARY if library is None else library
        environment = environment | {
            "PATH": str(self.recording if record else self.plain),
            "TMPDIR": str(temporary),
            "HOME": "/nonexistent",
            "JOB": f"set -u\n{text}\n{script}\n",
        }
        done = subprocess.run(
            [shutil.which(self.command[0]), *self.command[1:], "-c", RUNNER],
            env=environment,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,  # far more than a busy machine takes
            check=False,
        )
        left = sorted(str(file) for file in temporary.rglob("*"))
        assert not left, f"left behind: {left}"
        return done.returncode, done.stdout
