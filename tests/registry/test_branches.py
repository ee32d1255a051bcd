"""Branches: the job that lists them, branch_of, gone."""

import git_server
import job
from case import Case

BRANCHES = ["main", "Feature/One", "x" * 80, "a--b", "café-1", "--odd--", "v1", "topic/日本語x"]
SLUGS = ["main", "feature-one", "x" * 63, "a--b", "caf--1", "odd", "v1", "topic----x"]


class Branches(Case):
    def project(self, *branches, tags=()):
        url = self.stack.git.create(self.name, branches, tags)
        return {"CI_PROJECT_URL": url, "CI_JOB_TOKEN": git_server.JOB_TOKEN}

    def test_slugs(self):
        output = self.succeeds(job.BRANCHES + "cat branches.txt", **self.project(*BRANCHES, tags=["v2.0"]))
        listed = output.splitlines()
        self.assertRegex(listed[0], "^20[0-9-]{8}T[0-9:]{8}Z$")
        self.assertEqual(set(listed[1:]), {*BRANCHES, *SLUGS, "v2.0", "v2-0"})

    def clean(self):
        return (
            job.BRANCHES + "images --include '[a-z0-9-]{1,63}-[0-9]' --exclude 'cache-.*' > /tmp/images;"
            "found regctl tag ls --include 'cache-([a-z0-9-]{1,63})' $repository | branch_of 'cache-([a-z0-9-]{1,63})' >> /tmp/images;"
            "date +%s > /tmp/kept; images --include gone-9 >> /tmp/kept; gone < /tmp/images | not_kept /tmp/kept | delete"
        )

    def test_branches_that_are_gone(self):
        refs = {"main-1": "main", "gone-1": "gone", "gone-9": "Gone", "gone-2-7": "gone/2", "v1-0-1": "v1.0 v1.0"}
        for number, (tag, ref) in enumerate(refs.items(), start=1):
            self.push(tag, ref, f"2024-03-{number:02}T12:00:00Z")
        self.repository.also_tag("gone-1", "cache-main", "cache-gone", "cache-gone-1", "cache-gone-2")
        self.succeeds(self.clean(), **self.project("main", "cache-gone", "gone/2", tags=["v1.0"]))
        # `cache-gone-1` is the cache of the branch `gone-1`, which is gone.
        left = {"main-1", "gone-9", "gone-2-7", "v1-0-1", "cache-main", "cache-gone-2"}
        self.assertEqual(self.repository.tags(), left)

    def test_an_image_that_is_younger_than_the_list_stays(self):
        self.push("gone-1", "gone", "2998-01-01T00:00:00Z")
        self.succeeds(self.clean(), **self.project("main"))
        self.assertEqual(self.repository.tags(), {"gone-1"})

    def test_a_list_that_is_not_sure_is_none(self):
        project = self.project("main")
        self.fails(job.BRANCHES, "(?i)auth|denied|401|terminal", **project | {"CI_JOB_TOKEN": "wrong"})
        self.fails(job.BRANCHES, "not found", **project | {"CI_PROJECT_URL": f"{self.stack.git.url}/no"})
        for change in [
            lambda answer: answer[: answer.index(b"refs/heads/main")],
            lambda answer: b"",
            lambda answer: b"<html>Sign in</html>",
            lambda answer: answer.replace(b"refs/heads/", b"refs/other/"),
        ]:
            self.stack.git.answers[self.name] = change
            status, output = self.job(job.BRANCHES, **project)
            self.assertNotEqual(status, 0, output)
        del self.stack.git.answers[self.name]

    def test_an_empty_project_has_no_branch(self):
        status, output = self.job(job.BRANCHES, **self.project())
        self.assertNotEqual(status, 0, output)
