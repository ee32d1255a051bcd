"""Many tags: images, tags, all_but_newest, older_than, not_kept, delete, would_delete."""

import client
from case import Case

ALL = "images --include '.*' > /tmp/images; images --include {keep} > /tmp/kept; "


class Retention(Case):
    def test_the_newest_and_what_is_deployed_stay(self):
        for kind in client.KINDS:
            with self.subTest(kind):
                self.setUp()
                self.push_days(range(1, 9), kind)
                self.repository.also_tag("day-2", "prod")
                self.succeeds(
                    "images --include 'day-[0-9]' > /tmp/images; images --include prod > /tmp/kept;"
                    "all_but_newest 3 < /tmp/images | not_kept | delete"
                )
                self.assertEqual(self.repository.tags(), {"prod", "day-2", "day-6", "day-7", "day-8"})

    def test_an_image_with_several_tags_counts_once(self):
        self.push_days(range(1, 6))
        self.repository.also_tag("day-5", "day-5a", "day-5b")
        self.succeeds(ALL.format(keep="never") + "all_but_newest 2 < /tmp/images | not_kept | delete")
        self.assertEqual(self.repository.tags(), {"day-4", "day-5", "day-5a", "day-5b"})

    def test_younger_images_stay(self):
        self.push_days(range(1, 4))
        self.repository.push("new", created="2998-01-01T00:00:00Z")
        self.repository.push("unknown", created=None)
        self.succeeds(ALL.format(keep="day-1") + "older_than 86400 < /tmp/images | not_kept | delete")
        self.assertEqual(self.repository.tags(), {"day-1", "new", "unknown"})

    def test_dry_run(self):
        self.push_days(range(1, 4))
        output = self.succeeds(ALL.format(keep="day-1") + "all_but_newest 1 < /tmp/images | not_kept | would_delete")
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
        self.succeeds(ALL.format(keep="never") + "older_than 86400 < /tmp/images | not_kept | delete")
        self.assertEqual(self.repository.tags(), {"cache", "sig"})
        self.succeeds("tags --include cache | delete")
        self.assertEqual(self.repository.tags(), {"sig"})

    def test_nothing_to_delete(self):
        self.succeeds(ALL.format(keep="never") + "all_but_newest 1 < /tmp/images | not_kept | delete")
        self.push_days([1])
        self.succeeds("images --include 'no.*' > /tmp/images; all_but_newest 0 < /tmp/images | delete")
        self.assertEqual(self.repository.tags(), {"day-1"})

    def test_what_cannot_be_read_deletes_nothing(self):
        days = self.push_days(range(1, 4))
        configuration = client.json.loads(self.repository.get("day-3")[2])["config"]["digest"]
        self.fails(
            "images --include 'day-[12]' > /tmp/images; repository=127.0.0.1:1/none;"
            "images --include 'day-3' > /tmp/kept; all_but_newest 0 < /tmp/images | not_kept | delete",
            "(?i)refused",
        )
        self.assertEqual(len(self.repository.tags()), len(days))
        status, *_ = self.repository.request("DELETE", f"blobs/{configuration}")
        self.assertEqual(status, 202)
        status, output = self.job(ALL.format(keep="day-3") + "all_but_newest 0 < /tmp/images | not_kept | delete")
        self.assertEqual(self.repository.tags(), {"day-1", "day-2", "day-3"}, output)

    def test_names_of_tags_are_no_commands(self):
        self.push_days([1])
        output = self.succeeds("printf '%s\\n' 'ok' 'a;b' '{{env \"HOME\"}}' '$(id)' | awk '/^[A-Za-z0-9_.-]+$/'")
        self.assertEqual(output.splitlines()[-1], "ok")
