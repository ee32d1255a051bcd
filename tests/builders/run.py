#!/usr/bin/env python3
"""Runs the jobs of generated pipelines that build images, and those that test in them, for real.

tests/builders/run.py PIPELINES [PATTERN]    PIPELINES: written by tests/builders.rs

Real: dockerd, docker, docker-compose 1, Docker Compose 2, Buildah, and Debian's docker-registry
with TLS and GitLab's kind of tokens (tests/registry). Wants to be root.
"""

import base64
import concurrent.futures
import csv
import io
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True  # nothing is left in the source tree
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "registry"))

import client
import engine
import pipeline
import stack
import token_endpoint

# Command -> Debian's package
NEEDED = {
    "docker": "docker.io",
    "dockerd": "docker.io",
    "docker-compose": "docker-compose",
    "docker-registry": "docker-registry",
    "buildah": "buildah",
    "busybox": "busybox-static",
    "dash": "dash",
    "openssl": "openssl",
}
USER = "gitlab-ci-token"
PASSWORD = token_endpoint.USERS[USER][0]


class Case(unittest.TestCase):
    """One manifest, in a project and a branch of its own."""

    def project(self, name):
        folder = tempfile.mkdtemp(dir=self.stack.directory)
        slug = f"{name}-{pathlib.Path(folder).name.strip('_')[-6:].replace('_', '-')}".lower()
        registry = self.stack.distribution
        environment = {
            "CI_REGISTRY": registry,
            "CI_REGISTRY_IMAGE": f"{registry}/{stack.PROJECT}",
            "CI_REGISTRY_USER": USER,
            "CI_REGISTRY_PASSWORD": PASSWORD,
            "CI_COMMIT_SHA": f"{abs(hash(slug)):040x}",
            "CI_COMMIT_REF_SLUG": slug,
            "CI_DEFAULT_BRANCH": "Main/Line",
            "CI_JOB_ID": "7",
            "BUILD_TOKEN": "the-token",
            "DOCKER_HOST": self.engine.socket,
            "SSL_CERT_FILE": str(self.stack.ca),
        }
        project = pipeline.Project(folder + "/p", HERE / "project", self.pipelines[name], environment)
        if self.compose_2:
            (project.folder / "home/.docker/cli-plugins/docker-compose").symlink_to(self.compose_2)
        return project

    def succeeds(self, project, job, **more):
        status, said = project.run(job, **more)
        self.assertEqual(status, 0, f"{job}: {said}")
        return said

    def repository(self, name):
        return client.Repository(self.stack, "distribution", f"{stack.PROJECT}/{name}")

    def digest(self, repository, tag):
        """What the registry has under a tag; None if nothing."""
        kinds = ", ".join(client.KINDS.values())
        status, headers, _ = self.repository(repository).request("GET", f"manifests/{tag}", Accept=kinds)
        return headers["Docker-Content-Digest"] if status == 200 else None

    def labels(self, repository, digest):
        ask = self.repository(repository)
        kinds = ", ".join(client.KINDS.values())
        _, _, body = ask.request("GET", f"manifests/{digest}", Accept=kinds)
        _, _, body = ask.request("GET", f"blobs/{json.loads(body)['config']['digest']}")
        return json.loads(body)["config"].get("Labels") or {}

    def check_build(self, project):
        """A build pushes its tags, and hands on the digest that the registry has under them."""
        said = self.succeeds(project, "build-app")
        slug = project.environment["CI_COMMIT_REF_SLUG"]
        digest = project.handed_on["IMAGE_APP_DIGEST"]
        self.assertRegex(digest, r"^sha256:[0-9a-f]{64}$")
        for tag in (project.environment["CI_COMMIT_SHA"], slug):
            self.assertEqual(self.digest("app", tag), digest, said)
        labels = self.labels("app", digest)
        self.assertEqual(labels["greeting"], f"hello {slug}")
        self.assertNotIn("unwanted", labels)
        return labels, said

    def tearDown(self):
        for written in self.stack.directory.glob("*/p/arguments"):
            self.assertNotIn(PASSWORD, written.read_text(), "a secret among arguments")


class Docker(Case):
    def test_builds_pushes_and_finds_its_cache_in_the_registry(self):
        project = self.project("docker")
        labels, _ = self.check_build(project)
        self.assertEqual(labels["by"], "two words")
        before = project.handed_on["IMAGE_APP_DIGEST"]
        slug = project.environment["CI_COMMIT_REF_SLUG"]
        self.assertEqual(self.digest("app", f"cache_{slug}"), before)
        self.engine.forget()
        _, said = self.check_build(project)
        self.assertRegex(said, "Using cache|CACHED")
        self.assertEqual(project.handed_on["IMAGE_APP_DIGEST"], before)

    def test_gives_a_secret_to_the_build_alone(self):
        project = self.project("docker")
        said = self.succeeds(project, "build-secret")
        self.assertNotIn("the-token", said)
        self.engine.forget()  # a secret is not part of what the cache goes by
        status, said = project.run("build-secret", BUILD_TOKEN="another")
        self.assertNotEqual(status, 0, said)

    def test_a_failing_push_hands_no_digest_on(self):
        project = self.project("docker")
        for user in ("reader", "nobody"):
            password = token_endpoint.USERS.get(user, ["wrong"])[0]
            status, said = project.run("build-app", CI_REGISTRY_USER=user, CI_REGISTRY_PASSWORD=password)
            self.assertNotEqual(status, 0, said)
            self.assertEqual(project.handed_on, {})


class Compose(Case):
    """Docker Compose 2, and 1 as targets before GitLab 13 have it."""

    def builds(self, name):
        self.engine.forget()
        project = self.project(name)
        self.helper(project)
        self.check_build(project)
        self.engine.forget()
        _, said = self.check_build(project)
        self.assertRegex(said, "Using cache|CACHED")
        self.engine.forget()
        return project

    def helper(self, project):
        """The image of a service that the project does not build."""
        image = f"{project.environment['CI_REGISTRY_IMAGE']}/helper:1"
        folder = self.stack.directory / "helper"
        folder.mkdir(exist_ok=True)
        shutil.copy(shutil.which("busybox"), folder / "busybox")
        (folder / "Dockerfile").write_text('FROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/sleep\n')
        self.engine.docker("build", "--quiet", "--tag", image, str(folder))
        self.engine.docker("login", "--username", USER, "--password", PASSWORD, self.stack.distribution)
        self.engine.docker("push", image)

    def runs_a_shell(self, project):
        said = self.succeeds(project, "shell")
        self.assertIn("/bin\n", said)
        self.assertNotRegex(said, "(?i)building|was built")

    def runs_what_was_built(self, project):
        said = self.succeeds(project, "unit")
        self.assertIn("greetings, you", said)
        self.assertNotRegex(said, "(?i)building|was built")
        self.runs_a_shell(project)
        # What is gone from the registry fails: it is not built anew in silence.
        self.engine.forget()
        digest = project.handed_on["IMAGE_APP_DIGEST"]
        self.assertEqual(self.repository("app").request("DELETE", f"manifests/{digest}")[0], 202)
        status, said = project.run("shell")
        self.assertNotEqual(status, 0, said)
        self.assertNotRegex(said, "(?i)building|was built")

    def test_version_2_builds_and_tests(self):
        self.runs_what_was_built(self.builds("compose"))

    def test_version_1_builds_and_tests(self):
        self.runs_a_shell(self.builds("compose-1"))

    def test_version_1_tests_what_docker_built(self):
        self.engine.forget()
        project = self.project("old")
        self.helper(project)
        self.check_build(project)
        self.assertIn("greetings, you", self.succeeds(project, "run"))
        self.engine.forget()
        self.runs_what_was_built(project)


class Shared(Case):
    """A daemon that outlives its jobs."""

    def left(self, project):
        """What a job left on the daemon and on the disk, but images."""
        listed = {
            kind: self.engine.docker(*command, "--format", "{{.%s}}" % name).stdout.split()
            for kind, command, name in (
                ("containers", ("ps", "--all"), "Names"),
                ("volumes", ("volume", "ls"), "Name"),
                ("networks", ("network", "ls", "--filter", "type=custom"), "Name"),
            )
        }
        settings = [str(path) for path in project.folder.glob("checkout.tmp/*")]
        logins = [str(path) for path in (project.folder / "home").rglob("config.json")]
        return {kind: names for kind, names in (listed | {"settings": settings, "logins": logins}).items() if names}

    def test_a_job_leaves_nothing_but_images(self):
        self.engine.forget()
        project = self.project("host")
        Compose.helper(self, project)
        project.environment["VISITOR"] = "the-visitor"
        self.succeeds(project, "build-app")
        digest = project.handed_on["IMAGE_APP_DIGEST"]
        self.assertEqual(self.labels("app", digest)["greeting"], "hello the-visitor")
        self.assertNotIn("the-visitor", project.arguments.read_text(), "a build argument among arguments")
        self.assertEqual(self.left(project), {})
        for job in ("unit", "run"):
            self.assertIn("greetings, you", self.succeeds(project, job))
            self.assertEqual(self.left(project), {}, job)
        status, said = project.run("fails")
        self.assertNotEqual(status, 0, said)
        self.assertEqual(self.left(project), {}, said)

    def test_a_test_moves_no_tag_and_runs_what_was_built(self):
        self.engine.forget()
        project = self.project("host")
        Compose.helper(self, project)
        self.succeeds(project, "build-app", VISITOR="one")
        image = f"{project.environment['CI_REGISTRY_IMAGE']}/app:{project.environment['CI_COMMIT_SHA']}"
        # As another job on the same daemon may do.
        self.engine.docker("tag", f"{project.environment['CI_REGISTRY_IMAGE']}/helper:1", image)
        moved = self.engine.docker("inspect", "--format", "{{.Id}}", image).stdout
        self.assertIn("greetings, you", self.succeeds(project, "unit"))
        self.assertEqual(self.engine.docker("inspect", "--format", "{{.Id}}", image).stdout, moved)


class Buildah(Case):
    def project(self, name):
        project = super().project(name)
        # A container of its own has its own storage.
        storage = project.folder / "storage.conf"
        storage.write_text(
            f'[storage]\ndriver = "vfs"\nrunroot = "{project.folder}/run"\ngraphroot = "{project.folder}/graph"\n'
        )
        project.environment["CONTAINERS_STORAGE_CONF"] = str(storage)
        project.environment["REGISTRY_AUTH_FILE"] = str(project.folder / "auth.json")
        return project

    def test_builds_pushes_and_finds_its_cache_in_the_registry(self):
        project = self.project("buildah")
        labels, _ = self.check_build(project)
        self.assertEqual(labels["by"], "two words")
        shutil.rmtree(project.folder / "graph")
        shutil.rmtree(project.folder / "run")
        # Buildah before 1.29 reads the last of several caches alone: let it be the branch's.
        project.environment["CI_DEFAULT_BRANCH"] = project.environment["CI_COMMIT_REF_SLUG"]
        _, said = self.check_build(project)
        self.assertIn("Cache pulled from remote", said)

    def test_gives_a_secret_to_the_build_alone(self):
        project = self.project("buildah")
        self.succeeds(project, "build-secret")
        status, said = project.run("build-secret", BUILD_TOKEN="another")
        self.assertNotEqual(status, 0, said)

    def test_wrong_credentials_fail(self):
        project = self.project("buildah")
        status, said = project.run("build-app", CI_REGISTRY_PASSWORD="wrong")
        self.assertNotEqual(status, 0, said)
        self.assertEqual(project.handed_on, {})


class Buildkit(Case):
    """BuildKit is in no package of Debian: what is looked at is what would reach it."""

    def test_gets_its_arguments_and_the_login(self):
        project = self.project("buildkit")
        program = project.folder / "bin/buildctl-daemonless.sh"
        program.write_text(
            f'#!/bin/sh\nfor a; do echo "$a"; done > "{project.folder}/given"\n'
            'echo \'{ "containerimage.digest": "sha256:1", "x": {} }\' > image.json\n'
        )
        program.chmod(0o755)
        self.succeeds(project, "build-app")
        self.assertEqual(project.handed_on, {"IMAGE_APP_DIGEST": "sha256:1"})
        given = (project.folder / "given").read_text().splitlines()
        self.assertIn("by=two words", given)
        slug, image = (project.environment[f"CI_{key}"] for key in ("COMMIT_REF_SLUG", "REGISTRY_IMAGE"))
        self.assertIn(f"build-arg:GREETING=hello {slug}", given)
        (output,) = csv.reader([given[given.index("--output") + 1]])
        names = f"{image}/app:{project.environment['CI_COMMIT_SHA']},{image}/app:{slug}"
        self.assertEqual(output, ["type=image", f"name={names}", "push=true"])
        file = project.folder / "home/.docker/config.json"
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        login = json.loads(file.read_text())["auths"][self.stack.distribution]["auth"]
        self.assertEqual(base64.b64decode(login).decode(), f"{USER}:{PASSWORD}")


def main():
    missing = {command: package for command, package in NEEDED.items() if not shutil.which(command)}
    if missing:
        packages = " ".join(sorted(set(missing.values())))
        sys.exit(f"missing: {', '.join(missing)}. Install: apt-get install {packages}")
    if os.geteuid() != 0:
        sys.exit("dockerd wants root: run these tests as root, as in a container that may")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all is taken down
    Case.pipelines = pipeline.read(sys.argv[1])
    Case.compose_2 = os.environ.get("WINDLASS_COMPOSE_2")
    pattern = sys.argv[2] if len(sys.argv) > 2 else ""
    started = time.monotonic()
    with stack.Stack() as Case.stack, engine.Engine(Case.stack.directory) as Case.engine:
        loader = unittest.TestLoader()
        loader.testNamePatterns = [f"*{pattern}*"]
        # Those with the engine one after the other: some empty it.
        groups = [(Docker, Compose, Shared), (Buildah, Buildkit)]
        suites = [unittest.TestSuite(map(loader.loadTestsFromTestCase, group)) for group in groups]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            results = list(pool.map(run, suites))
    print(f"{sum(result.testsRun for result in results)} tests in {time.monotonic() - started:.1f} s")
    sys.exit(not all(result.wasSuccessful() for result in results) or not any(r.testsRun for r in results))


def run(suite):
    said = io.StringIO()
    result = unittest.TextTestRunner(said, verbosity=2).run(suite)
    print(said.getvalue())
    return result


if __name__ == "__main__":
    main()
