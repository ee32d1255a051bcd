"""The faults of the pipeline of 2018, one by one.

A fault is a function of a `Side` that asserts that the fault is not there. It is run twice: on the
post's pipeline it must fail with its assertion, on ours it must pass. The numbers and the groups are
those of a list made by reading the post and by running it: 1 to 7 scripts, 8 to 13 compose, 14 to 17
registry, 18 to 20 deployment, 21 and 22 by reading.
"""

import dataclasses
import importlib
import json
import pathlib

import yaml

import job as library

FAULTS = {}
POST = {
    "build": "build-image",
    "coverage": "test-coverage",
    "phpstan": "phpstan",
    "build-prod": "build-prod-images",
    "deploy": "deploy",
    "cleanup": "delete-ci-image",
    "cleanup-prod": "delete-old-prod-image",
}
OURS = {
    "build": "build-php-ci",
    "coverage": "test-coverage",
    "phpstan": "phpstan",
    "build-prod": "build-php",
    "deploy": "deploy-prod",
    "cleanup": "cleanup-php-ci",
    "cleanup-prod": "cleanup-php",
}
TESTS = ("coverage", "phpstan")
CI = ("build", *TESTS, "cleanup")
REGCTL = "ghcr.io/regclient/regctl:v0.11.5-alpine"


@dataclasses.dataclass(frozen=True)
class Fault:
    name: str
    what: str
    absent: object
    dialects: bool  # whether the pipeline for GitLab 10.4 differs in it


def fault(number, dialects=True):
    def register(function):
        name = f"fault-{number:02}-{function.__name__.replace('_', '-')}"
        FAULTS[number] = Fault(name, function.__doc__.partition("\n")[0], function, dialects)
        return function

    return register


def load():
    for file in sorted(pathlib.Path(__file__).resolve().parent.glob("[a-z]*.py")):
        importlib.import_module(f"faults.{file.stem}")
    return dict(sorted(FAULTS.items()))


def both(fault_):
    """As a scenario: there in the post's pipeline, and not in ours."""

    def run(bench):
        try:
            fault_.absent(Side(bench, "post"))
        except AssertionError as shown:
            bench.note = f"the post's: {str(shown).splitlines()[0][:150]}"
        else:
            raise AssertionError("the post's pipeline has not got this fault: the test shows nothing")
        fault_.absent(Side(bench, "ours"))
        if fault_.dialects:
            fault_.absent(Side(bench, "2018"))

    return run


class Side:
    """The post's pipeline, or ours: the same questions to both."""

    def __init__(self, bench, which):
        self.bench, self.which = bench, which
        self.post = which == "post"
        self.names = OURS if which == "ours" else POST
        self.tagged = "" if which == "ours" else "prod-"

    def project(self, *faults_left, without=()):
        """`faults_left`: repairs of the post that are not made; `without`: roles that count as passed."""
        if self.post:
            project = self.bench.post(*faults_left)
        else:
            project = self.bench.facile() if self.which == "ours" else self.bench.facile_2018()
        project.passed = {self.names[role] for role in without}
        return project

    def job(self, pipeline, role):
        return pipeline.jobs[self.names[role]]

    def log(self, pipeline, role):
        return pipeline.log(self.names[role])

    def production(self, pipeline):
        """The tag of the pipeline's production image."""
        return f"{self.tagged}{pipeline.sha}"

    def ci_tag(self, pipeline):
        """The tag of the pipeline's CI image."""
        return str(pipeline.id) if self.which == "ours" else pipeline.sha

    def live(self, project):
        """The digest of what the Deployment names."""
        return project.pull(project.runs("my-project", "php-container"))

    # ---- the scripts alone, without a pipeline around

    def script(self, project, *commands, daemon=False):
        """Runs commands where the scripts of this side are at hand, in their image; returns the job."""
        if self.post:
            file = yaml.safe_load((project.work / ".gitlab-ci.yml").read_text())
            text = {key: file[key] for key in ("image", "services", "variables", "before_script")}
            body = {"stage": "test", "script": list(commands)}
        else:
            text = {}
            body = {
                "stage": "test",
                "image": REGCTL,
                "variables": {"GIT_STRATEGY": "none"},
                "before_script": [library.LOGIN],
                "script": list(commands),
            }
        project.put(".gitlab-ci.yml", yaml.safe_dump(text | {"the-job": body}, width=10**6))
        project.commit()
        return project.pipeline().run().jobs["the-job"]

    def delete_tag(self, project, image, *more):
        """The commands that remove one tag, as the clean-up job has them."""
        if self.post:
            return self.script(
                project,
                f"IMAGE={image}",
                *more,
                "bin/docker-util/dummy-tag.sh $IMAGE",
                "TOKEN=$(bin/docker-util/get-registry-token.sh $IMAGE)",
                "MANIFEST=$(bin/docker-util/get-manifest.sh $IMAGE $TOKEN)",
                "bin/docker-util/delete-image.sh $IMAGE $MANIFEST $TOKEN",
            )
        return self.script(project, *more, f'regctl tag delete --ignore-missing "{image}"')

    def bare(self):
        """A project on the registry of 2018, for scripts alone."""
        if self.post:
            return self.bench.post()
        return self.bench.stack.project(None, registry="gitlab.facile.it")


def layers(project, repository, reference):
    """The layers of an image, by digest."""
    status, _, data = project.images(repository).get(reference)
    assert status == 200, f"{repository}:{reference} is {status}"
    return [layer["digest"] for layer in json.loads(data)["layers"]]
