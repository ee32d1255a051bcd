"""Runs one job as GitLab's runner does.

In: a job of a pipeline. Out: its status, its output, its artifacts.
Always: a pod of its own (network, services, file system), gone afterwards; the script goes unchanged
into the runner's own frame (`shells/bash.go`, runner 17), and to a shell through its standard input.
"""

import dataclasses
import os
import re
import shlex
import subprocess
import tarfile
import time

from runner import configuration, sandbox, services
from runner import variables as ci

# The clock of a build may go behind, so that its image seems old: BusyBox's shell finds a function first.
CLOCK = 'date() {{ busybox date -d "@$(($(busybox date +%s) - {}))" "$@"; }}\n'
FRAME = "if set -o | grep pipefail > /dev/null; then set -o pipefail; fi; set -o errexit\nset +o noclobber\n"


@dataclasses.dataclass
class Result:
    status: int
    output: str
    started: float
    ended: float
    daemons: int

    @property
    def seconds(self):
        return self.ended - self.started


def frame(commands, seconds_behind=0):
    """Each command is printed and then run, all in one shell whose standard input is empty."""
    clock = CLOCK.format(seconds_behind) if seconds_behind else ""
    body = "".join(f"echo {shlex.quote('$ ' + (line.splitlines() or [''])[0])}\n{line}\n" for line in commands)
    return f"{clock}{FRAME}: | eval {shlex.quote(body)}\nexit 0\n"


def run(job):
    """`job`: runner.pipeline.Job. Everything it needs comes from its pipeline."""
    pipeline, world = job.pipeline, job.pipeline.project.gitlab.world
    started, output = time.monotonic(), []
    pod = world.pod()
    daemons = 0
    try:
        environment = job.environment()
        names = {}
        (pod.directory / "hosts").touch()
        for service in job.body.get("services") or []:
            service = {"name": service} if isinstance(service, str) else service
            alias = service.get("alias") or re.sub(r"[:@].*", "", ci.expand(service["name"], environment)).replace(
                "/", "__"
            )
            names[alias] = "127.0.0.1"
        world.write_hosts(pod.directory / "hosts", names)
        gitlab = pipeline.project.gitlab
        for service in job.body.get("services") or []:
            service = {"name": service} if isinstance(service, str) else service
            services.start(pod, service, environment, gitlab)
            daemons += 1
        folder = f"/builds/{pipeline.project.path}"
        source = pod.directory / "builds"
        fetch(job, source, environment)
        image = pipeline.project.image(ci.expand(name_of(job.body["image"]), environment), job.token)
        mounts = [(source, folder)]
        if pipeline.project.file_variables:  # they stand beside the checkout
            (pod.directory / "files").mkdir()
            mounts.append((pod.directory / "files", f"{folder}.tmp"))
        for name, text in pipeline.project.file_variables.items():
            (pod.directory / "files" / name).write_text(text)
            environment[name] = f"{folder}.tmp/{name}"
        if (pod.directory / "certs/client").is_dir():
            mounts.append((pod.directory / "certs/client", "/certs/client"))
        for number, key in enumerate(("script", "after_script")):
            commands = configuration.lines(job.body.get(key))
            if key == "script":
                commands = configuration.lines(job.body.get("before_script")) + commands
            if not commands:
                continue
            more = {"CI_JOB_STATUS": "success" if not output or not output[0][0] else "failed"} if number else {}
            process = sandbox.start(pod, image, environment | more, folder, number, mounts)
            job.process = process
            behind = round(pipeline.project.days_ago * 24 * 60 * 60) if image.kind.builds else 0
            text, _ = process.communicate(frame(commands, behind).encode())
            output.append((process.returncode, text.decode(errors="replace")))
        status = 1 if job.canceled else output[0][0]
        job.collect(source, status)
    except LookupError:
        raise
    except RuntimeError as error:
        status = 97
        output.append((status, f"the runner's failure: {error}\n"))
    finally:
        pod.close()
    return Result(status, "".join(text for _, text in output), started, time.monotonic(), daemons)


def name_of(image):
    return image["name"] if isinstance(image, dict) else image


def fetch(job, folder, environment):
    """The checkout, the cache, the artifacts of earlier jobs."""
    pipeline = job.pipeline
    folder.mkdir()
    strategy = environment.get("GIT_STRATEGY", "fetch")
    if strategy not in ("none", "empty"):
        if pipeline.ref in pipeline.project.deleted and not pipeline.tag:
            raise RuntimeError(f"fatal: couldn't find remote ref refs/heads/{pipeline.ref}")
        command = [
            "git",
            "clone",
            "--quiet",
            "--no-checkout",
            "--shared",
            str(pipeline.project.repository),
            str(folder),
        ]
        subprocess.run(command, check=True, capture_output=True)
        subprocess.run(
            ["git", "checkout", "--quiet", "--detach", pipeline.sha],
            cwd=folder,
            check=True,
            capture_output=True,
        )
        # Whoever the job's user is may write, as after the runner's `umask 0000`.
    for other in job.sources():
        if other.archive:
            with tarfile.open(other.archive) as archive:
                archive.extractall(folder)
    for path, _, _ in os.walk(folder):
        os.chmod(path, 0o777)


def pack(folder, paths, archive):
    """Artifacts: what the patterns match."""
    with tarfile.open(archive, "w") as out:
        for path in paths:
            for found in sorted(folder.glob(path.rstrip("/"))):
                out.add(found, found.relative_to(folder))


def dotenv(text):
    """NAME=value a line (GitLab's Ci::ParseDotenvArtifactService); a bad line fails the job."""
    variables = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"([A-Za-z]\w*)=(.*)", line.strip())
        if not match:
            raise RuntimeError(f"invalid dotenv line: {line!r}")
        variables[match[1]] = match[2]
    return variables
