"""Single tags: found, may_delete, mark, current, and what regctl itself does with a tag."""

import datetime

import client
from case import Case

OLD, NEW = "2024-05-06T07:08:09Z", "2024-05-06T07:08:10Z"


def hours_ago(hours):
    time = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


class Tags(Case):
    def test_deleting_a_tag_leaves_its_siblings(self):
        for kind in client.KINDS:
            with self.subTest(kind):
                digest = self.repository.push("gone", kind)
                self.repository.also_tag("gone", "stays")
                self.succeeds('may_delete; regctl tag delete --ignore-missing "$repository:gone"')
                self.assertEqual(self.repository.tags(), {"stays"})
                self.assertEqual(self.repository.digest("stays"), digest)
                self.succeeds('regctl tag delete --ignore-missing "$repository:gone"')

    def test_who_may_not_delete_is_told_before_anything_changes(self):
        self.repository.push("kept")
        for user in ("reader", "pusher"):
            self.fails('may_delete; regctl tag delete "$repository:kept"', "(?i)unauthorized|denied|40[13]", user=user)
        self.assertEqual(self.repository.tags(), {"kept"})

    def test_found_tells_what_is_not_there_from_what_fails(self):
        self.assertEqual(self.succeeds('found regctl image digest "$repository:never"'), "")
        self.succeeds('found regctl tag ls "$repository/never"')
        self.fails('found regctl image digest "127.0.0.1:1/never:tag"', "(?i)refused")
        self.fails('found regctl image digest "not an image"', "invalid")

    def test_mark_copies_every_kind(self):
        for kind in client.KINDS:
            with self.subTest(kind):
                digest = self.repository.push("new", kind)
                self.succeeds(f'mark "prod-{kind}" "$repository@{digest}"')
                self.assertEqual(self.repository.get(f"prod-{kind}"), self.repository.get(digest))

    def test_an_older_pipeline_that_comes_last_turns_nothing_back(self):
        for kind in client.KINDS:
            with self.subTest(kind):
                old, new = self.repository.push("old", kind, OLD), self.repository.push("new", kind, NEW)
                self.succeeds(f'mark {kind} "$repository@{new}"')
                self.assertIn("stays: its image is newer", self.succeeds(f'mark {kind} "$repository@{old}"'))
                self.assertEqual(self.repository.digest(kind), new)

    def test_the_same_or_no_creation_time_is_not_newer(self):
        for created in (OLD, None, "0001-01-01T00:00:00Z"):
            with self.subTest(created):
                self.repository.push("prod", created=created)
                digest = self.repository.push("next", created=OLD)
                self.succeeds(f'mark prod "$repository@{digest}"')
                self.assertEqual(self.repository.digest("prod"), digest)

    def test_marking_what_is_not_there_fails(self):
        digest = self.repository.push("prod")
        self.fails('mark prod "$repository@sha256:' + "1" * 64 + '"', "404")
        self.fails(f'mark prod "127.0.0.1:1/x@{digest}"', "(?i)refused")
        self.assertEqual(self.repository.digest("prod"), digest)

    def answer(self, arguments, **how):
        output = self.succeeds(f'answer=$(current {arguments}); echo "<$answer>"', **how)
        return output.splitlines()[-1].strip("<>")

    def test_current(self):
        image = '"$repository:latest"'
        self.assertEqual(self.answer(f"{image} 0"), "none")
        for kind in client.KINDS:
            with self.subTest(kind):
                digest = self.repository.push("latest", kind, hours_ago(5))
                for arguments, expected in [("0", digest), ("36000", digest), ("3600", "none")]:
                    self.assertEqual(self.answer(f"{image} {arguments}", user="reader"), expected, arguments)
        self.repository.push("latest", created=None)
        self.assertEqual(self.answer(f"{image} 36000"), "none")

    def test_a_registry_that_fails_is_no_answer(self):
        self.fails(f'current "127.0.0.1:1/x:latest" 0', "(?i)refused")
        self.fails(f'answer=$(current "127.0.0.1:1/x:latest" 0)', "(?i)refused")
