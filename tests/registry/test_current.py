"""registry_current"""

import datetime

import client
from case import Case

RECIPE = "0123456789abcdef" * 4


def hours_ago(hours):
    time = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


class Current(Case):
    def answer(self, options, tag="latest", **how):
        """What the job gets, which is all that it may print on standard output."""
        output = self.succeeds(
            f'answer=$(registry_current {options} "$IMAGE:{tag}"); echo "<$answer>"', **how
        )
        (answer,) = [line for line in output.splitlines() if line.startswith("<")]
        return answer.strip("<>"), output

    def test_it_can_stay(self):
        for kind in client.KINDS:
            with self.subTest(kind):
                labels = {"windlass.recipe": RECIPE}
                digest = self.repository.push("latest", kind, hours_ago(5), labels)
                answer, output = self.answer(f"--recipe {RECIPE} --older-than 36000", user="reader")
                self.assertEqual(answer, digest)
                self.assertIn("latest can stay", output)

    def test_missing(self):
        answer, output = self.answer("--older-than 36000")
        self.assertEqual(answer, "none")
        self.assertIn("latest does not exist", output)
        self.repository.push("other")
        self.assertEqual(self.answer("")[0], "none")

    def test_too_old(self):
        for kind in client.KINDS:
            with self.subTest(kind):
                digest = self.repository.push("latest", kind, hours_ago(5))
                answer, output = self.answer("--older-than 14400")
                self.assertEqual(answer, "none")
                self.assertIn("latest is older than 14400 seconds", output)
                self.assertEqual(self.answer("--older-than 21600")[0], digest)
                self.assertEqual(self.answer("")[0], digest)

    def test_another_recipe(self):
        for kind in client.KINDS:
            for labels, shown in (({"windlass.recipe": "abc"}, "abc"), ({}, "none")):
                with self.subTest(kind=kind, labels=labels):
                    digest = self.repository.push("latest", kind, hours_ago(5), labels)
                    answer, output = self.answer(f"--recipe {RECIPE}")
                    self.assertEqual(answer, "none")
                    self.assertIn(f"latest is of another recipe: {shown}, not {RECIPE}", output)
                    self.assertEqual(self.answer("")[0], digest)

    def test_a_long_configuration(self):
        """Whoever stops reading a pipe fails the one that writes, and with `pipefail` the job."""
        labels = {"windlass.recipe": RECIPE} | {f"note.{number}": "x" * 80 for number in range(3000)}
        digest = self.repository.push("latest", "docker", hours_ago(5), labels)
        output = self.succeeds(f'registry_current --recipe {RECIPE} "$IMAGE:latest"')
        self.assertIn(f"{digest}\n", output)

    def test_a_creation_time_that_nobody_knows(self):
        for created in (None, "0001-01-01T00:00:00Z"):
            with self.subTest(created):
                digest = self.repository.push("latest", "oci", created)
                answer, output = self.answer("--older-than 36000")
                self.assertEqual(answer, "none")
                self.assertIn("latest has no creation time", output)
                self.assertEqual(self.answer("")[0], digest)

    def test_what_goes_wrong_is_no_answer(self):
        self.repository.push("latest")
        for arguments, saying in (
            ('--older-than 1h "$IMAGE:latest"', "no number"),
            ('--recipe "" "$IMAGE:latest"', "is not a tag"),
            ('"$IMAGE"', "which tag"),
            ("", "usage"),
            ('"$IMAGE:"', "is not an image"),
        ):
            with self.subTest(arguments):
                self.fails(f"answer=$(registry_current {arguments})", saying)
        self.fails(
            'answer=$(registry_current "$IMAGE:latest")', "refuses", CI_REGISTRY_PASSWORD="wrong"
        )
