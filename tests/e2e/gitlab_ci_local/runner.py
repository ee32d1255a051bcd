"""gitlab-ci-local with its Docker executor, as a user would run it in a checkout.

In: a project and a branch. Out: `Run`, with a status for each job that ran.
Always: the pipeline is the project's own file, unchanged but for the digests of published images, which
no image that is made here can have; the containers are in a daemon and a network of
the runner's own; CI variables come from a file beside the checkout, none from the command line.
"""

import dataclasses
import json
import pathlib
import re
import shutil
import subprocess

from gitlab_ci_local import images
from images import catalog
from rig import name_server
from runner import configuration, job, services
from runner import pipeline as pipelines

HERE = pathlib.Path(__file__).resolve().parent
PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
STATE = ".gitlab-ci-local"
PROGRAM = [str(catalog.tools() / name) for name in ("node22", "gitlab-ci-local.js")]
WORDS = {"PASS": "success", "WARN": "success", "FAIL": "failed"}


@dataclasses.dataclass
class Job:
    """One that ran, as gitlab-ci-local reports it; named as in `runner.pipeline.Job`."""

    name: str
    status: str
    result: job.Result
    reported: dict

    @property
    def runs(self):
        return [self.result]


class Run:
    """A pipeline that is over."""

    def __init__(self, ref, sha, exit_status, output, jobs):
        self.id, self.ref, self.sha, self.exit_status = next(pipelines.NUMBERS), ref, sha, exit_status
        self.output, self.jobs = output, jobs

    def log(self, name):
        return self.jobs[name].result.output

    def statuses(self):
        return {name: job.status for name, job in self.jobs.items()}


class Runner:
    """A daemon with the images that pipelines name; used with `with`."""

    def __init__(self, stack):
        self.stack, self.pod = stack, stack.world.pod()
        stack.world.write_hosts(self.pod.directory / "hosts", {})
        runtime = within_bounds(self.pod.directory / "runtime")
        command = ["--dns", name_server.start(stack.world)]
        command += ["--add-runtime", f"within-bounds={runtime}", "--default-runtime", "within-bounds"]
        services.docker(self.pod, command, {}, stack.bundle, stack.certificates)
        self.environment = {
            "PATH": PATH,
            "HOME": str(self.pod.directory),
            "DOCKER_HOST": f"unix://{self.pod.directory}/docker.sock",
        }
        self.images = images.Store(stack, self.docker, self.pod.directory / "images")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.pod.close()

    def docker(self, *arguments, **how):
        return subprocess.Popen([catalog.find("docker"), *arguments], env=self.environment, **how)

    def run(self, project, branch, jobs=()):
        """Runs the pipeline of the branch's last commit, or of it these jobs."""
        checkout = fetch(project, branch)
        text = (checkout / ".gitlab-ci.yml").read_text()
        self.images.load(named(text) | {images.HELPER, images.WAIT})
        token = project.job_token(None)
        file = project.folder / "variables.yml"
        file.touch(mode=0o600)
        file.write_text(json.dumps(variables(project, token)))
        try:
            process = self.start(checkout, file, jobs)
            output = process.communicate()[0].decode(errors="replace")
        finally:
            project.end_token(token)
            file.unlink()
        made = Run(branch, project.git("rev-parse", branch), process.returncode, output, read(checkout, output))
        project.pipelines.append(made)
        return made

    def start(self, checkout, file, jobs):
        options = [
            *("--variables-file", str(file), "--ignore-predefined-vars", "CI_REGISTRY"),
            # A service's certificates reach its job by a volume, one a job.
            *("--privileged", "--volume", "%gcl-cert%:/certs/client", "--wait-for-services-timeout", "120"),
            *("--helper-image", images.HELPER, "--wait-image", images.WAIT, "--no-artifacts-to-source"),
        ]
        # It writes files of CI variables to /tmp: what it writes there is its own, what stands there it sees.
        layer = self.pod.directory / "tmp"
        for name in ("upper", "work"):
            (layer / name).mkdir(parents=True, exist_ok=True)
        script = f'mount -t overlay -o lowerdir=/tmp,upperdir={layer}/upper,workdir={layer}/work tmp /tmp && exec "$@"'
        return self.pod.spawn(
            *("/bin/sh", "-c", script, "sh", *PROGRAM, *options, *jobs),
            cwd=checkout,
            env=self.environment | {"NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )


def within_bounds(folder):
    """A runc that gives a privileged container what this machine's root has, no more."""
    folder.mkdir()
    shutil.copy(HERE / "runc-within-bounds.sh", folder)
    dump = subprocess.run(["setpriv", "--dump"], capture_output=True, text=True, check=True).stdout
    names = re.search(r"^Capability bounding set: (.*)$", dump, re.M)[1].split(",")
    (folder / "capabilities.json").write_text(json.dumps([f"CAP_{name.upper()}" for name in names]))
    return folder / "runc-within-bounds.sh"


def fetch(project, branch):
    """A checkout on the branch, as somebody has it at home; GitLab's address is its remote."""
    checkout = project.folder / "checkout"
    if not checkout.exists():
        project.shell("git", "clone", "--quiet", str(project.repository), str(checkout))
        address = f"https://{project.gitlab.host}/{project.path}.git"
        project.shell("git", "remote", "set-url", "origin", address, cwd=checkout)
    project.shell("git", "fetch", "--quiet", str(project.repository), branch, cwd=checkout)
    project.shell("git", "checkout", "--quiet", "--force", "-B", branch, "FETCH_HEAD", cwd=checkout)
    file = checkout / ".gitlab-ci.yml"
    text = file.read_text()
    for name in named(text):
        text = text.replace(name, catalog.unpinned(name))
    file.write_text(text)
    return checkout


def named(text):
    """The images of all jobs and services."""
    names = set()
    for body in configuration.read(text).jobs.values():
        entries = [body["image"], *(body.get("services") or [])]
        names |= {entry if isinstance(entry, str) else entry["name"] for entry in entries}
    return names


def variables(project, token):
    """CI variables that GitLab predefines and gitlab-ci-local does not know, and the project's own."""
    known = {
        "CI_REGISTRY": project.registry.host,
        "CI_REGISTRY_USER": "gitlab-ci-token",
        "CI_REGISTRY_PASSWORD": token,
        "CI_JOB_TOKEN": token,
    }
    files = {name: {"type": "file", "values": {"*": text}} for name, text in project.file_variables.items()}
    return known | project.variables | files


def read(checkout, output):
    """Jobs, from the report at the end and from what gitlab-ci-local keeps."""
    jobs, known = {}, configuration.read((checkout / ".gitlab-ci.yml").read_text()).jobs
    for word, name in re.findall(r"^ (PASS|WARN|FAIL)  (\S+)", output, re.M):
        if name not in known:  # a warning of another kind
            continue
        state = checkout / STATE
        log = (state / "output" / f"{name}.log").read_text()
        reports = state / "artifacts" / name / ".gitlab-ci-reports/dotenv"
        reported = {}
        for file in sorted(reports.glob("*")):
            reported |= job.dotenv(file.read_text())
        status = WORDS[word]
        result = job.Result(0 if status == "success" else 1, log, 0, 0, 0)
        jobs[name] = Job(name, status, result, reported)
    return jobs
