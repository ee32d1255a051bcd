"""Runs jobs of a generated pipeline as GitLab's runner does: variables, scripts, what they hand on."""

import json
import os
import pathlib
import re
import shutil
import subprocess

# The runner's frame of a job (shells/bash.go, runner 17).
RUNNER = """if set -o | grep pipefail > /dev/null; then set -o pipefail; fi; set -o errexit
set +o noclobber
: | eval "$JOB"
exit 0
"""
# What a job reaches its daemon by: the tests have one of their own.
DAEMON = ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_TLS_CERTDIR")
# Programs whose arguments are written down.
RECORDED = ("docker", "docker-compose", "buildah", "base64", "tr", "sed", "tee")


def flat(script):
    for line in script or []:
        if isinstance(line, list):
            yield from flat(line)
        else:
            yield line


def expanded(text, variables):
    """As the runner expands: `$NAME` and `${NAME}`, again and again, a name that is not set to nothing."""
    pattern = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
    for _ in range(10):
        after = pattern.sub(lambda found: str(variables.get(found[1] or found[2], "")), text)
        if after == text:
            break
        text = after
    return text


class Project:
    """A checkout in which jobs run one after the other."""

    def __init__(self, folder, source, generated, environment):
        self.folder = pathlib.Path(folder)
        shutil.copytree(source, self.folder / "checkout")
        self.checkout = self.folder / "checkout"
        shutil.copy(shutil.which("busybox"), self.checkout / "busybox")
        for path, text in generated["files"].items():
            (self.checkout / path).write_text(text)
        self.pipeline = generated["pipeline"]
        self.environment = environment | {
            "CI_PROJECT_DIR": str(self.checkout),
            "HOME": str(self.folder / "home"),
            "DOCKER_CONFIG": str(self.folder / "home/.docker"),
        }
        (self.folder / "home/.docker/cli-plugins").mkdir(parents=True)
        self.dotenv, self.handed_on = {}, {}
        self.arguments = self.folder / "arguments"
        (self.folder / "bin").mkdir()
        for tool in RECORDED:
            wrapper = self.folder / "bin" / tool
            real = shutil.which(tool, path="/usr/bin:/bin:/usr/sbin:/sbin")
            wrapper.write_text(
                f'#!/bin/sh\nprintf "%s\\n" "{tool} $*" >>"{self.arguments}"\nexec "{real}" "$@"\n'
            )
            wrapper.chmod(0o755)

    def run(self, name, shell="dash", **more):
        """Returns the exit status, and everything that the job printed."""
        job = self.pipeline[name]
        own = {k: v for k, v in job.get("variables", {}).items() if k not in DAEMON}
        written = self.pipeline.get("variables", {}) | own
        known = self.environment | written | self.dotenv | more
        variables = self.environment | {k: expanded(str(v), known) for k, v in written.items()}
        lines = [*flat(job.get("before_script")), *flat(job["script"])]
        variables |= self.dotenv | more | {"JOB": "\n".join(lines)}
        variables["PATH"] = f"{self.folder}/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        artifacts = job.get("artifacts", {})
        reports = list(flat([artifacts.get("reports", {}).get("dotenv", [])]))
        files = [file for file in artifacts.get("paths", []) if file.endswith(".env")]
        for file in [*reports, *files]:
            (self.checkout / file).unlink(missing_ok=True)
        done = self.shell(shell, variables)
        after = "\n".join(flat(job.get("after_script")))
        # In a shell of its own, however the script ended; what it returns changes nothing.
        said = done.stdout + (self.shell(shell, variables | {"JOB": after}).stdout if after else "")
        if done.returncode == 0:
            # Reports become variables of later jobs; of files these make them themselves.
            self.dotenv |= self.lines_of(reports)
            self.handed_on |= self.lines_of([*reports, *files])
        return done.returncode, said

    def shell(self, shell, variables):
        return subprocess.run(
            [shell, "-c", RUNNER],
            env=variables,
            cwd=self.checkout,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )

    def lines_of(self, files):
        lines = [line for file in files for line in (self.checkout / file).read_text().splitlines()]
        return dict(line.split("=", 1) for line in lines)


def read(path):
    return json.loads(pathlib.Path(path).read_text())
