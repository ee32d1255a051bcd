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
        self.assertRegex(listed[0], "^[0-9]{10}$")
        self.assertEqual(set(listed[1:]), {*BRANCHES, *SLUGS, "v2.0", "v2-0"})

    def test_branches_that_are_gone(self):
        living = ["main-1", "cache-main", "cache-gone-1", "gone-2-7"]
        self.push_days(range(1, 2))
        self.repository.also_tag("day-1", *living, "gone-1", "cache-gone", "gone-9")
        self.succeeds(
            job.BRANCHES + "images --include '([a-z0-9-]{1,63})-[0-9]' --exclude 'cache-.*' > /tmp/images;"
            "tags --include 'cache-([a-z0-9-]{1,63})' >> /tmp/images; images --include gone-9 > /tmp/kept;"
            "branch_of '([a-z0-9-]{1,63})-[0-9]' 'cache-([a-z0-9-]{1,63})' < /tmp/images | gone | delete",
            **self.project("main", "day", "cache-gone", "gone-2"),
        )
        # `cache-gone-1` may be that of the branch `cache-gone`, or the cache of `gone-1`.
        self.assertEqual(self.repository.tags(), {"day-1", *living})

    def test_the_newest_of_each_branch(self):
        self.push_days(range(1, 7))
        for day, branch in {1: "a", 2: "a", 3: "a", 4: "b", 5: "b"}.items():
            self.repository.also_tag(f"day-{day}", f"{branch}-{day}")
        self.succeeds(
            "images --include '([ab])-[0-9]' > /tmp/images;"
            "branch_of '([ab])-[0-9]' < /tmp/images | all_but_newest 1 | delete"
        )
        left = {tag for tag in self.repository.tags() if not tag.startswith("day")}
        self.assertEqual(left, {"a-3", "b-5"})

    def test_an_image_that_is_younger_than_the_list_stays(self):
        self.repository.push("gone-1", created="2998-01-01T00:00:00Z")
        self.succeeds(
            job.BRANCHES + "images --include '(gone)-[0-9]' > /tmp/images;"
            "branch_of '(gone)-[0-9]' < /tmp/images | gone | delete",
            **self.project("main"),
        )
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
