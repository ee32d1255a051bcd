"""registry_cleanup"""

import datetime
import threading

import client
from case import Case


class Cleanup(Case):
    def test_the_newest_of_every_kind(self):
        for day, kind in enumerate(list(client.KINDS) * 2, start=1):
            self.repository.push(f"day-{day}", kind, f"2024-03-{day:02}T12:00:00Z")
        self.succeeds('registry_cleanup --all-but 3 "$ANY" "$IMAGE"')
        self.assertEqual(self.repository.tags(), {"day-6", "day-7", "day-8"})
        self.assertEqual(self.succeeds('registry_cleanup --all-but 3 "$ANY" "$IMAGE"'), "")

    def test_what_is_deployed_stays(self):
        digests = self.push_days(range(1, 7))
        self.repository.also_tag("day-1", "prod", "day-1-again")
        self.repository.also_tag("day-3", "this-pipeline")
        self.succeeds(
            'registry_cleanup --keep prod --keep this-pipeline --keep not-yet --all-but 2 "$ANY" "$IMAGE"'
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
        self.succeeds('registry_cleanup --all-but 2 "$ANY" "$IMAGE"')
        self.assertEqual(self.repository.tags(), {"day-2", "day-3", "a", "b", "c"})

    def test_kept_and_only(self):
        self.push_days(range(1, 7))
        self.repository.also_tag("day-1", "v1.0", "day-1-again")
        self.repository.also_tag("day-2", "v1x0", "other")
        self.repository.also_tag("day-3", "cache-day-3")
        self.succeeds(r"""registry_cleanup --keep v1.0 --keep nothing --keep-regex '^cache-' --keep-regex 'y-4$' \
            --all-but 1 'day-[0-9]' --all-but 0 'v1.0' "$IMAGE" """)
        # What is kept stays with all its tags; v1x0 and day-1-again show that a dot is a dot, and
        # that a pattern is for the whole tag.
        self.assertEqual(
            self.repository.tags(),
            {"v1.0", "day-1", "day-1-again", "v1x0", "other", "cache-day-3", "day-3", "day-4", "day-6"},
        )

    def test_the_newest_of_each_branch(self):
        self.push_days(range(1, 8))
        for day, branch in enumerate(["a", "a-1", "a", "a-1", "a-1", "a", "a"], start=1):
            self.repository.also_tag(f"day-{day}", f"{branch}-{day}")
        self.repository.also_tag("day-1", "a-1-9")  # an image on two branches
        self.succeeds("""registry_cleanup --all-but 2 '([a-z0-9-]{1,63})-[0-9]+' --keep-regex ^day-6 "$IMAGE" """)
        days = {"day-1", "day-2", "day-3", "day-4", "day-5", "day-6", "day-7"}
        self.assertEqual(self.repository.tags() - days, {"a-6", "a-7", "a-1-4", "a-1-5"})
        # Of the branch `day` the newest two, and what has been told to stay.
        self.assertEqual(self.repository.tags() & days, {"day-6", "day-7"})

    def test_older_than(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        for hours in (1, 3, 5):
            zone = datetime.timezone(datetime.timedelta(hours=hours))
            time = (now - datetime.timedelta(hours=hours)).astimezone(zone)
            self.repository.push(f"hours-{hours}", created=time.isoformat(timespec="milliseconds"))
        self.succeeds('registry_cleanup --older-than 14400 --all-but 1 "$ANY" "$IMAGE"')
        self.assertEqual(self.repository.tags(), {"hours-1", "hours-3"})
        self.succeeds('registry_cleanup --older-than 007200 --all-but 0 "$ANY" "$IMAGE"')
        self.assertEqual(self.repository.tags(), {"hours-1"})
        self.succeeds('registry_cleanup --all-but 0 "$ANY" "$IMAGE"')
        self.assertEqual(self.repository.tags(), set())

    def test_dry_run(self):
        self.push_days(range(1, 4))
        output = self.succeeds('registry_cleanup --dry-run --all-but 1 "$ANY" "$IMAGE"', user="reader")
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
        output = self.succeeds('registry_cleanup --all-but 2 "$ANY" "$IMAGE"')
        self.assertRegex(output, "creation time unknown: (none zero|zero none) ")
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
                self.succeeds('registry_cleanup --all-but 1 "$ANY" "$IMAGE"')
                self.assertEqual(self.repository.tags(), {"younger"})

    def test_nothing_there(self):
        self.assertEqual(self.succeeds('registry_cleanup --keep prod --all-but 3 "$ANY" "$IMAGE"'), "")
        self.push_days([1])
        self.assertEqual(self.succeeds("""registry_cleanup --all-but 0 'z[0-9]*' "$IMAGE" """), "")
        self.assertEqual(self.repository.tags(), {"day-1"})

    def test_mistakes_delete_nothing(self):
        self.push_days(range(1, 3))
        for arguments in (
            '--all-but "" "$ANY" "$IMAGE"',
            '--all-but one "$ANY" "$IMAGE"',
            '--all-but 1 "$ANY" "$IMAGE:day-1"',
            '--all-but 0 "" "$IMAGE"',
            """--all-but 0 '(' "$IMAGE" """,
            """--all-but 0 'day/1' "$IMAGE" """,
            '--all-but 1 "$ANY"',
            '"$IMAGE"',
            '--keep "" --all-but 0 "$ANY" "$IMAGE"',
            """--keep-regex '(' --all-but 0 "$ANY" "$IMAGE" """,
            """--keep-regex '' --all-but 0 "$ANY" "$IMAGE" """,
            '--older-than 1h --all-but 0 "$ANY" "$IMAGE"',
        ):
            with self.subTest(arguments):
                self.fails(f"registry_cleanup {arguments}", "^registry: ")
        self.fails('registry_cleanup --all-but 0 "$ANY" "$IMAGE"', "no right to delete", user="pusher")
        self.assertEqual(self.repository.tags(), {"day-1", "day-2"})

    def test_two_at_once(self):
        self.push_days(range(1, 11))
        results = []
        threads = [
            threading.Thread(target=lambda call=call: results.append(self.job(call)))
            for call in ['registry_cleanup --all-but 2 "$ANY" "$IMAGE"'] * 2
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
        self.succeeds('registry_cleanup --keep day-1 --all-but 3 "$ANY" "$IMAGE"')
        left = self.repository.tags()
        self.assertEqual(len(left), 960)
        self.assertFalse([tag for tag in left if tag.startswith("day-2")])
        if self.flavour != "gitlab":
            return
        # 10 pages, each manifest once, two requests for each tag that goes, little else.
        requests = [request for request in self.stack.gitlab_registry.requests if f"/{self.name}/" in request]
        self.assertLess(len(requests), 10 + 1000 + 2 * 40 + 20)
        self.assertEqual(len([request for request in requests if request.endswith("/tags/list")]), 10)


class GitlabCleanup(Case):
    """Where the moment can be chosen; the code is the same for both registries."""

    def test_a_tag_that_moves_meanwhile_stays(self):
        self.push_days(range(1, 4))
        other = client.Repository(self.stack, self.flavour, self.name)
        self.addCleanup(other.connection.close)
        # After all was listed, while day-1 is deleted, another pipeline tags its new image day-2.
        self.stack.gitlab_registry.before[f"DELETE /v2/{self.name}/manifests/day-1"] = lambda: other.push(
            "day-2"
        )
        output = self.succeeds('registry_cleanup --all-but 1 "$ANY" "$IMAGE"')
        self.assertIn(f"{self.name}:day-2 stays: it has moved meanwhile", output)
        self.assertEqual(self.repository.tags(), {"day-2", "day-3"})
