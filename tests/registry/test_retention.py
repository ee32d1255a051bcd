"""Many tags: images, all_but_newest, older_than, not_kept, of_branch, of_others, delete, would_delete."""

import time

import client
from case import Case

KEEP = "date +%s > /tmp/kept; images --include {keep} >> /tmp/kept; "
ALL = "images --include '.*' > /tmp/images; " + KEEP
NOW = "2998-01-01T00:00:00Z"


class Retention(Case):
    def left(self, script, **how):
        output = self.succeeds(script, **how)
        return self.repository.tags(), output

    def test_the_newest_and_what_is_kept_stay(self):
        for kind in client.KINDS:
            with self.subTest(kind):
                self.setUp()
                self.push_days(range(1, 9), kind)
                self.repository.also_tag("day-2", "prod")
                self.succeeds(
                    "images --include 'day-[0-9]' > /tmp/images; " + KEEP.format(keep="prod") +
                    "all_but_newest 3 < /tmp/images | not_kept /tmp/kept | delete"
                )
                self.assertEqual(self.repository.tags(), {"prod", "day-2", "day-6", "day-7", "day-8"})

    def test_an_image_with_several_tags_counts_once(self):
        self.push_days(range(1, 6))
        self.repository.also_tag("day-5", "day-5a", "day-5b")
        self.succeeds(ALL.format(keep="never") + "all_but_newest 2 < /tmp/images | not_kept /tmp/kept | delete")
        self.assertEqual(self.repository.tags(), {"day-4", "day-5", "day-5a", "day-5b"})

    def test_each_branch_is_counted_by_itself_and_all_git_tags_together(self):
        for number, ref in enumerate(["main", "main", "fix/a", "fix-a", "v1 v1", "v2 v2", "main"]):
            self.push(f"{number}", ref, f"2024-03-0{number + 1}T12:00:00Z")
        self.succeeds("images --include '.*' > /tmp/images; all_but_newest 1 < /tmp/images | delete")
        self.assertEqual(self.repository.tags(), {"2", "3", "5", "6"})

    def test_the_order_is_that_of_the_builds(self):
        """An image whose layers all come from a cache says that it is as old as these."""
        for tag, built in [("old", "2024-03-01T12:00:00Z"), ("new", "2024-03-02T12:00:00Z")]:
            created = "2020-01-01T00:00:00Z" if tag == "new" else "2023-01-01T00:00:00Z"
            self.repository.push(tag, created=created, labels={"windlass.build": f"{built} main"})
        self.succeeds("images --include '.*' > /tmp/images; all_but_newest 1 < /tmp/images | delete")
        self.assertEqual(self.repository.tags(), {"new"})

    def test_younger_images_stay(self):
        self.push_days(range(1, 4))
        self.push("new", "main", NOW)
        self.succeeds(ALL.format(keep="day-1") + "older_than 86400 < /tmp/images | not_kept /tmp/kept | delete")
        self.assertEqual(self.repository.tags(), {"day-1", "new"})

    def test_what_no_build_labelled_stays_and_is_not_counted(self):
        self.push_days(range(1, 4))
        self.repository.push("other", created="2023-01-01T00:00:00Z")
        self.repository.push("unknown", created=None)
        self.repository.push("no-ref", labels={"windlass.build": "2024-01-01T00:00:00Z "})
        self.repository.push("no-time", labels={"windlass.build": " main"})
        self.succeeds("images --include '.*' > /tmp/images; older_than 86400 < /tmp/images > /tmp/old;"
                      "all_but_newest 1 < /tmp/images >> /tmp/old; delete < /tmp/old")
        self.assertEqual(self.repository.tags(), {"other", "unknown", "no-ref", "no-time"})
        self.push_days([1])
        self.succeeds("images --include '.*' > /tmp/images; all_but_newest 1 < /tmp/images | delete")
        self.assertIn("day-1", self.repository.tags())

    def answer(self, *images, at=None):
        """A command that writes what a cluster answered."""
        lines = [str(int(at or time.time())), *images]
        return "printf '%s\\n' " + " ".join(f"'{line}'" for line in lines) + " > running-prod.txt; "

    def test_what_runs_stays_by_digest_and_by_tag(self):
        for kind in client.KINDS:
            with self.subTest(kind):
                self.setUp()
                days = self.push_days(range(1, 9), kind)
                asked = self.answer(
                    f"{self.image}@{days[2]}",
                    f"mirror.example.com/{self.name}@{days[3]}",
                    f"{self.image}:day-4",
                    f"other.example.com/{self.name}:day-5",
                    f"{self.image}@sha256:{'0' * 64}",
                    f"{self.image}/other:day-6",
                    "mysql:8.4",
                    "busybox",
                    "x@",
                    f"{self.image}:{{{{.}}}}",
                )
                self.succeeds(
                    asked + "images --include 'day-[0-9]' > /tmp/images; "
                    "all_but_newest 1 < /tmp/images | not_kept running-prod.txt | delete"
                )
                self.assertEqual(self.repository.tags(), {"day-2", "day-3", "day-4", "day-8"})

    def test_without_a_fresh_answer_nothing_is_deleted(self):
        self.push_days(range(1, 4))
        clean = "images --include '.*' > /tmp/images; all_but_newest 1 < /tmp/images | not_kept running-{}.txt | delete"
        self.fails(clean.format("prod"), "running-prod.txt")
        self.fails(self.answer(at=time.time() - 4000) + clean.format("prod"), "too old")
        self.fails(": > running-prod.txt; " + clean.format("prod"), "too old")
        self.fails(self.answer() + clean.format("prod.txt running-other"), "running-other.txt")
        self.fails(self.answer() + ": > running-other.txt; " + clean.format("prod.txt running-other"), "too old")
        self.assertEqual(len(self.repository.tags()), 3)
        self.succeeds(self.answer() + clean.format("prod"))
        self.assertEqual(self.repository.tags(), {"day-3"})

    def test_a_branch_with_the_same_slug(self):
        for tag, ref in [("fix-a-1", "fix/a"), ("fix-a-2", "Fix/A"), ("fix-a-3", "fix/a"), ("fix-a-4", "v1 fix/a")]:
            self.push(tag, ref, "2024-03-01T12:00:00Z")
        stop = "echo 2024-03-02T00:00:00Z > stopped.txt; images --include 'fix-a-[0-9]' > /tmp/images; of_branch < /tmp/images | delete;"
        cache = "of_others < /tmp/images || echo no-others"
        left, output = self.left(stop + cache, CI_COMMIT_REF_NAME="fix/a")
        self.assertEqual(left, {"fix-a-2", "fix-a-4"})
        self.assertNotIn("no-others", output.splitlines())
        self.repository.connection.close()
        self.succeeds("regctl tag delete $repository:fix-a-4")
        left, output = self.left(stop + cache, CI_COMMIT_REF_NAME="Fix/A")
        self.assertEqual(left, set())
        self.assertIn("no-others", output.splitlines())

    def test_branches_that_look_like_numbers(self):
        self.push("a", "1e3", "2024-03-01T12:00:00Z")
        self.push("b", "1000", "2024-03-01T12:00:00Z")
        left, _ = self.left(
            "echo 2024-03-02T00:00:00Z > stopped.txt; images --include '.*' > /tmp/images; of_branch < /tmp/images | delete",
            CI_COMMIT_REF_NAME="1000",
        )
        self.assertEqual(left, {"a"})

    def test_dry_run(self):
        self.push_days(range(1, 4))
        output = self.succeeds(ALL.format(keep="day-1") + "all_but_newest 1 < /tmp/images | not_kept /tmp/kept | would_delete")
        self.assertEqual(output.splitlines()[-1], f"would delete {self.image}:day-2")
        self.assertEqual(len(self.repository.tags()), 3)

    def test_what_holds_no_image_is_not_listed(self):
        self.push_days([1])
        layer = self.repository.put_blob(b"layer")
        for tag, kind in [("cache", "application/vnd.buildkit.cacheconfig.v0"), ("sig", "application/json")]:
            self.repository.put_manifest(
                tag,
                {
                    "schemaVersion": 2,
                    "mediaType": client.OCI_MANIFEST,
                    "config": {"mediaType": kind, **self.repository.put_blob(kind.encode())},
                    "layers": [{"mediaType": "application/octet-stream", **layer}],
                },
            )
        self.succeeds(ALL.format(keep="never") + "older_than 86400 < /tmp/images | not_kept /tmp/kept | delete")
        self.assertEqual(self.repository.tags(), {"cache", "sig"})
        self.succeeds("regctl tag ls --include cache $repository | branch_of '((c)ache)' | delete")
        self.assertEqual(self.repository.tags(), {"sig"})

    def test_nothing_to_delete(self):
        self.succeeds(ALL.format(keep="never") + "all_but_newest 1 < /tmp/images | not_kept /tmp/kept | delete")
        self.push_days([1])
        self.succeeds("images --include 'no.*' > /tmp/images; all_but_newest 1 < /tmp/images | delete")
        self.assertEqual(self.repository.tags(), {"day-1"})

    def test_what_cannot_be_read_deletes_nothing(self):
        days = self.push_days(range(1, 4))
        self.fails(
            "images --include 'day-[12]' > /tmp/images; repository=127.0.0.1:1/none;"
            + KEEP.format(keep="day-3") + "all_but_newest 1 < /tmp/images | not_kept /tmp/kept | delete",
            "(?i)refused",
        )
        self.assertEqual(len(self.repository.tags()), len(days))

    def test_an_image_without_its_configuration_stays(self):
        self.push_days(range(1, 4))
        configuration = client.json.loads(self.repository.get("day-1")[2])["config"]["digest"]
        status, *_ = self.repository.request("DELETE", f"blobs/{configuration}")
        self.assertEqual(status, 202)
        self.job("images --include '.*' > /tmp/images; all_but_newest 1 < /tmp/images | delete")
        self.assertLessEqual({"day-1", "day-3"}, self.repository.tags())

    def test_names_of_tags_are_no_commands(self):
        self.push_days([1])
        output = self.succeeds(
            "printf '%s\\n' 'ok' 'a;b' '{{env \"HOME\"}}' '$(id)' | sed -n '/^[A-Za-z0-9_.-]*$/p'"
        )
        self.assertEqual(output.splitlines()[-1], "ok")
