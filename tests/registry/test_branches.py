"""registry_cleanup --gone: tags of branches that are gone"""

import git_server
import stack
from case import Case

BRANCHES = ["main", "Feature/One", "x" * 80, "a--b", "café-1", "--odd--", "v1", "topic/日本語"]
SLUGS = ["main", "feature-one", "x" * 63, "a--b", "caf--1", "odd", "v1", "topic"]


class Branches(Case):
    def project(self, *branches, tags=()):
        url = self.stack.git.create(self.name, branches, tags)
        return {"CI_PROJECT_URL": url, "CI_JOB_TOKEN": git_server.JOB_TOKEN}

    def push(self, *tags):
        self.repository.push("first")
        self.repository.also_tag("first", *tags)
        self.everything = {"first", *tags}
        self.assertEqual(self.repository.tags(), self.everything)

    def test_living_branches_and_git_tags_stay(self):
        living = [*SLUGS, "v2-0", "cache-main", "cache-gone-1", "cache-gone-2"]
        self.push(*living, "gone", "cache-gone", "gone-1", "v3-0")
        output = self.succeeds(
            """registry_cleanup --gone 'cache-([a-z0-9-]{1,63})' --gone '([a-z0-9-]{1,63})' "$IMAGE" """,
            **self.project(*BRANCHES, "cache-gone-1", "gone-2", tags=["v2.0"]),
        )
        # `cache-gone-1` may be that of the branch `cache-gone-1`, or the cache of `gone-1`.
        self.assertEqual(self.repository.tags(), set(living))
        self.assertIn(f"registry: deleted {self.name}:gone\n", output)

    def test_names_as_tags(self):
        self.push("main", "Feature_1", "Gone_1", "Feature_1.x")
        self.succeeds(
            """registry_cleanup --gone '([A-Za-z0-9_.-]{1,128})' "$IMAGE" """, **self.project("main", "Feature_1")
        )
        self.assertEqual(self.repository.tags(), {"main", "Feature_1"})

    def test_with_counts_and_age(self):
        days = self.push_days(range(1, 7))
        for day, branch in {1: "main", 2: "main", 3: "main", 4: "gone", 5: "gone"}.items():
            self.repository.also_tag(f"day-{day}", f"{branch}-{day}")
        self.repository.push("cache-gone", "oci", created=None)
        pattern = "([a-z0-9-]{1,63})-[0-9]"
        rules = f"--gone '{pattern}' --gone 'cache-([a-z0-9-]{{1,63}})' --all-but 2 '{pattern}'"
        project = self.project("main", "day")
        output = self.succeeds(f'registry_cleanup {rules} --dry-run --keep day-5 "$IMAGE"', **project)
        would = {f"registry: would delete {self.name}:{tag}" for tag in ("main-1", "gone-4", "cache-gone")}
        would |= {f"registry: would delete {self.name}:day-{day}" for day in (1, 2, 3, 4)}
        self.assertEqual(set(output.splitlines()) - {"registry: creation time unknown: cache-gone "}, would)
        self.succeeds(f'registry_cleanup {rules} --keep day-5 --keep-regex "^main-1" "$IMAGE"', **project)
        self.assertEqual(
            self.repository.tags(), {"day-1", "day-5", "day-6", "main-1", "main-2", "main-3", "gone-5"}
        )
        self.assertEqual(self.repository.digest("gone-5"), days[5])
        # What has no age is not old.
        self.repository.push("cache-gone", "oci", created=None)
        self.repository.push("gone-7", created="2998-01-01T00:00:00Z")
        self.succeeds(f'registry_cleanup {rules} --older-than 86400 --keep day-6 "$IMAGE"', **project)
        self.assertEqual(
            self.repository.tags(), {"day-5", "day-6", "main-2", "main-3", "gone-7", "cache-gone"}
        )

    def test_a_list_that_is_not_sure_deletes_nothing(self):
        self.push("gone", "main")
        project = self.project("main")
        call = """registry_cleanup --gone '([a-z0-9-]{1,63})' "$IMAGE" """
        self.fails(call, "CI_PROJECT_URL or CI_JOB_TOKEN is empty")
        self.fails(call, "branches of .*: HTTP 401", **project | {"CI_JOB_TOKEN": "wrong"})
        self.fails(call, "branches of .*: HTTP 404", **project | {"CI_PROJECT_URL": f"{self.stack.git.url}/no"})
        down = f"https://127.0.0.1:{stack.free_port()}/group/project"
        self.fails(call, "no answer", **project | {"CI_PROJECT_URL": down})
        for change, why in [
            (lambda answer: answer[: answer.index(b"refs/heads/main")], "no whole list"),
            (lambda answer: answer[:-4], "no whole list"),
            (lambda answer: b"", "no whole list"),
            (lambda answer: b"<html>Sign in</html>", "no whole list"),
            (lambda answer: answer.replace(b"refs/heads/", b"refs/other/"), "has no branch"),
        ]:
            self.stack.git.answers[self.name] = change
            self.fails(call, why, **project)
        del self.stack.git.answers[self.name]
        self.assertEqual(self.repository.tags(), self.everything)
        self.succeeds(call, **project)
        self.assertEqual(self.repository.tags(), {"main"})

    def test_an_empty_project_has_no_branch(self):
        self.push("main")
        call = """registry_cleanup --gone '([a-z0-9-]{1,63})' "$IMAGE" """
        self.fails(call, "has no branch", **self.project())

    def test_the_job_token_is_no_argument(self):
        self.push("gone")
        self.jobs.arguments.write_text("")
        output = self.succeeds(
            """set -x; registry_cleanup --gone '([a-z0-9-]{1,63})' "$IMAGE" """,
            record=True,
            **self.project("main"),
        )
        arguments = self.jobs.arguments.read_text()
        self.assertIn("service=git-upload-pack", arguments)
        for place in (output, arguments):
            self.assertNotIn(git_server.JOB_TOKEN, place)
