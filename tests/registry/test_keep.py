"""registry_keep_newest"""

import datetime
import threading

import client
from case import Case


class KeepNewest(Case):
    def test_the_newest_of_every_kind(self):
        for day, kind in enumerate(list(client.KINDS) * 2, start=1):
            self.repository.push(f"day-{day}", kind, f"2024-03-{day:02}T12:00:00Z")
        self.succeeds('registry_keep_newest 3 "$IMAGE"')
        self.assertEqual(self.repository.tags(), {"day-6", "day-7", "day-8"})
        self.assertEqual(self.succeeds('registry_keep_newest 3 "$IMAGE"'), "")

    def test_what_is_deployed_stays(self):
        digests = self.push_days(range(1, 7))
        self.repository.also_tag("day-1", "prod", "day-1-again")
        self.repository.also_tag("day-3", "this-pipeline")
        self.succeeds(
            'registry_keep_newest --protect prod --protect this-pipeline --protect not-yet 2 "$IMAGE"'
        )
        self.assertEqual(
            self.repository.tags(),
            {"prod", "day-1", "day-1-again", "day-3", "this-pipeline", "day-5", "day-6"},
        )
        self.assertEqual(self.repository.digest("prod"), digests[1])

    def test_the_count_is_of_images_not_tags(self):
        self.push_days(range(1, 4))
        self.repository.also_tag("day-3", "a", "b", "c")
        self.repository.also_tag("day-1", "d")
        self.succeeds('registry_keep_newest 2 "$IMAGE"')
        self.assertEqual(self.repository.tags(), {"day-2", "day-3", "a", "b", "c"})

    def test_kept_and_only(self):
        digests = self.push_days(range(1, 5))
        self.repository.also_tag("day-1", "v1.0", "cache-day-1", "v1x0")
        self.repository.also_tag("day-2", "other")
        self.succeeds(r"""registry_keep_newest --keep v1.0 --keep nothing --keep-regex '^cache-' --keep-regex 'y-3$' \
            --only-regex '^(day|v1|cache)' 1 "$IMAGE" """)
        # v1x0 shows that --keep is a name, not a pattern.
        self.assertEqual(self.repository.tags(), {"v1.0", "cache-day-1", "other", "day-3", "day-4"})
        self.assertEqual(self.repository.digest("v1.0"), digests[1])

    def test_older_than(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        for hours in (1, 3, 5):
            zone = datetime.timezone(datetime.timedelta(hours=hours))
            time = (now - datetime.timedelta(hours=hours)).astimezone(zone)
            self.repository.push(f"hours-{hours}", created=time.isoformat(timespec="milliseconds"))
        self.succeeds('registry_keep_newest --older-than 14400 1 "$IMAGE"')
        self.assertEqual(self.repository.tags(), {"hours-1", "hours-3"})
        self.succeeds('registry_keep_newest --older-than 007200 0 "$IMAGE"')
        self.assertEqual(self.repository.tags(), {"hours-1"})
        self.succeeds('registry_keep_newest 0 "$IMAGE"')
        self.assertEqual(self.repository.tags(), set())

    def test_dry_run(self):
        self.push_days(range(1, 4))
        output = self.succeeds('registry_keep_newest --dry-run 1 "$IMAGE"', user="reader")
        self.assertEqual(
            set(output.splitlines()), {f"registry: would delete {self.name}:day-{day}" for day in (1, 2)}
        )
        self.assertEqual(self.repository.tags(), {"day-1", "day-2", "day-3"})

    def test_unknown_and_equal_creation_times_stay(self):
        self.push_days(range(1, 3))
        self.repository.push("none", created=None)
        self.repository.push("zero", created="0001-01-01T00:00:00Z")
        for tag in ("same-1", "same-2", "same-3"):
            self.repository.push(tag, "oci-index", created="2024-03-02T14:00:00+02:00")
        output = self.succeeds('registry_keep_newest 2 "$IMAGE"')
        self.assertRegex(output, "creation time unknown, so these stay: (none zero|zero none) ")
        self.assertEqual(self.repository.tags(), {"none", "zero", "same-1", "same-2", "same-3", "day-2"})

    def test_creation_times(self):
        """Of each pair the second image is younger."""
        for earlier, later in [
            ("2024-02-29T23:59:59Z", "2024-03-01T00:00:00Z"),
            ("2023-12-31T23:59:59Z", "2024-01-01T00:00:00Z"),
            ("2024-03-01T01:30:00+02:00", "2024-02-29T23:30:00.5Z"),
            ("1999-12-31T23:59:59Z", "2000-02-29T00:00:00Z"),
            ("2024-02-29T18:30:00-05:30", "2024-03-01T00:00:00.000001Z"),
            ("2024-01-01T09:59:59.99999Z", "2024-01-01T10:00:00Z"),
        ]:
            with self.subTest(earlier):
                self.repository.push("older", created=earlier)
                self.repository.push("younger", created=later)
                self.succeeds('registry_keep_newest 1 "$IMAGE"')
                self.assertEqual(self.repository.tags(), {"younger"})

    def test_nothing_there(self):
        self.assertEqual(self.succeeds('registry_keep_newest --protect prod 3 "$IMAGE"'), "")
        self.push_days([1])
        self.assertEqual(self.succeeds("""registry_keep_newest --only-regex '^z' 0 "$IMAGE" """), "")
        self.assertEqual(self.repository.tags(), {"day-1"})

    def test_mistakes_delete_nothing(self):
        self.push_days(range(1, 3))
        for arguments in (
            '"" "$IMAGE"',
            'one "$IMAGE"',
            '1 "$IMAGE:day-1"',
            "1",
            '--protect "" 0 "$IMAGE"',
            '--keep "" 0 "$IMAGE"',
            """--keep-regex '(' 0 "$IMAGE" """,
            """--only-regex '' 0 "$IMAGE" """,
            '--older-than 1h 0 "$IMAGE"',
        ):
            with self.subTest(arguments):
                self.fails(f"registry_keep_newest {arguments}", "^registry: ")
        self.fails('registry_keep_newest 0 "$IMAGE"', "no right to delete", user="pusher")
        self.assertEqual(self.repository.tags(), {"day-1", "day-2"})

    def test_two_at_once(self):
        self.push_days(range(1, 11))
        results = []
        threads = [
            threading.Thread(target=lambda: results.append(self.job('registry_keep_newest 2 "$IMAGE"')))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([status for status, _ in results], [0, 0], results)
        self.assertEqual(self.repository.tags(), {"day-9", "day-10"})


class ThousandTags(Case):
    def test_thousand_tags(self):
        self.push_days(range(1, 6))
        for day, tags in {1: 100, 2: 40, 3: 200, 4: 300, 5: 360}.items():
            self.repository.also_tag(f"day-{day}", *(f"day-{day}-{number}" for number in range(1, tags)))
        self.assertEqual(len(self.repository.tags()), 1000)
        self.succeeds('registry_keep_newest --protect day-1 3 "$IMAGE"')
        left = self.repository.tags()
        self.assertEqual(len(left), 960)
        self.assertFalse([tag for tag in left if tag.startswith("day-2")])
        if self.flavour != "gitlab":
            return
        # 10 pages, each manifest once, two requests for each tag that goes, little else.
        requests = [request for request in self.stack.gitlab_registry.requests if f"/{self.name}/" in request]
        self.assertLess(len(requests), 10 + 1000 + 2 * 40 + 20)
        self.assertEqual(len([request for request in requests if request.endswith("/tags/list")]), 10)


class GitlabKeepNewest(Case):
    """Where the moment can be chosen; the code is the same for both registries."""

    def test_a_tag_that_moves_meanwhile_stays(self):
        self.push_days(range(1, 4))
        other = client.Repository(self.stack, self.flavour, self.name)
        self.addCleanup(other.connection.close)
        # After all was listed, while day-1 is deleted, another pipeline tags its new image day-2.
        self.stack.gitlab_registry.before[f"DELETE /v2/{self.name}/manifests/day-1"] = lambda: other.push(
            "day-2"
        )
        output = self.succeeds('registry_keep_newest 1 "$IMAGE"')
        self.assertIn(f"{self.name}:day-2 stays: it has moved meanwhile", output)
        self.assertEqual(self.repository.tags(), {"day-2", "day-3"})
