"""Credentials, tokens, and a registry that fails; what a job's shell sees of it."""

import json

import stack
import token_endpoint
from case import Case
from job import LIBRARY, sections


class Connection(Case):
    def test_credentials_by_name(self):
        self.repository.push("a")
        self.fails('registry_delete_tag "$IMAGE:a"', "no right", user="reader")
        self.succeeds(
            'registry_delete_tag --credentials MY_USER MY_PASSWORD "$IMAGE:a"',
            user="reader",
            MY_USER="gitlab-ci-token",
            MY_PASSWORD=token_endpoint.USERS["gitlab-ci-token"][0],
        )
        self.assertEqual(self.repository.tags(), set())

    def test_a_password_of_several_lines(self):
        """The key of a service account is one. `docker login --password-stdin` drops the last line's end."""
        key = token_endpoint.USERS["_json_key"][0]
        for end in ("", "\n"):
            self.repository.push("a")
            self.succeeds('registry_delete_tag "$IMAGE:a"', user="_json_key", CI_REGISTRY_PASSWORD=key + end)
            self.assertEqual(self.repository.tags(), set())

    def test_wrong_or_no_password(self):
        digest = self.repository.push("a")
        for call in (
            'registry_delete_tag "$IMAGE:a"',
            'registry_move_tag "$IMAGE:a" b',
            'registry_cleanup --all-but 0 "$ANY" "$IMAGE"',
        ):
            self.fails(
                call,
                "refuses CI_REGISTRY_USER and CI_REGISTRY_PASSWORD: HTTP 401",
                CI_REGISTRY_PASSWORD="wrong",
            )
        self.fails('registry_delete_tag "$IMAGE:a"', "CI_REGISTRY_PASSWORD is empty", CI_REGISTRY_PASSWORD="")
        self.fails(
            'registry_delete_tag --credentials UNDEFINED ALSO_UNDEFINED "$IMAGE:a"',
            "UNDEFINED or ALSO_UNDEFINED is empty",
        )
        self.fails(
            """registry_delete_tag --credentials 'x}$(date)' y "$IMAGE:a" """, "names of two variables"
        )
        self.assertEqual(self.repository.digest("a"), digest)
        self.assertEqual(self.repository.tags(), {"a"})

    def test_registry_down(self):
        down = f"127.0.0.1:{stack.free_port()}/group/project/php"
        for call in (
            f"registry_delete_tag {down}:a",
            f"registry_move_tag {down}:a b",
            f'registry_cleanup --all-but 1 "$ANY" {down}',
        ):
            self.fails(call, "no answer")

    def test_failure_is_seen_in_a_condition_too(self):
        """The shell ignores `set -e` there; the functions must not rely on it."""
        self.repository.push("a")
        output = self.succeeds(
            """if registry_delete_tag "$IMAGE:a"; then echo deleted; else echo "failed with $?"; fi
            registry_cleanup --all-but 0 "$ANY" "$IMAGE" || echo again""",
            CI_REGISTRY_PASSWORD="wrong",
        )
        self.assertIn("failed with 1\n", output)
        self.assertIn("again\n", output)
        self.assertEqual(self.repository.tags(), {"a"})

    def test_the_job_stops_at_a_failure(self):
        output = self.fails(
            'registry_delete_tag "$IMAGE:a"\necho still here', "refuses", CI_REGISTRY_PASSWORD="wrong"
        )
        self.assertNotIn("still here", output)

    def test_the_jobs_shell_is_left_as_it_was(self):
        self.repository.push("a")
        output = self.succeeds("""trap 'echo "trap of the job"' EXIT
            cd /; umask 022; status=mine; digest=mine; set -f
            registry_delete_tag "$IMAGE:a"
            echo "$PWD $(umask) $status $digest ${token-no} ${credentials-no} $-" """)
        self.assertRegex(output, r"\n/ 0022 mine mine no no \w*f")
        self.assertEqual(output.count("trap of the job"), 1)

    def test_as_a_file(self):
        self.repository.push("a")
        file = self.jobs.directory / f"registry-{self.flavour}.sh"
        file.write_text(LIBRARY)
        self.succeeds('registry_delete_tag "$IMAGE:a"', library=f". '{file}'")
        self.assertEqual(self.repository.tags(), set())

    def test_each_section_with_what_it_says_it_needs(self):
        self.push_days(range(1, 4))
        self.succeeds('registry_move_tag "$IMAGE:day-1" prod', library=sections("move_tag"))
        self.succeeds(
            'registry_move_tag --unless-newer "$IMAGE:day-1" prod',
            library=sections("move_tag", "creation_time"),
        )
        way, dummy = ("tag", []) if self.flavour == "gitlab" else ("dummy", ["dummy"])
        self.succeeds(
            f'registry_delete_tag --delete-by {way} "$IMAGE:day-3"', library=sections("delete_tag", *dummy)
        )
        self.succeeds(
            f'registry_cleanup --delete-by {way} --all-but 1 "$ANY" "$IMAGE"',
            library=sections("delete_tag", *dummy, "creation_time", "cleanup"),
        )
        self.assertEqual(self.repository.tags(), {"day-2"})

    def test_no_secret_in_arguments_logs_or_output(self):
        self.push_days(range(1, 5))
        self.jobs.arguments.write_text("")
        # `set -x` is how CI_DEBUG_TRACE runs a job.
        output = self.succeeds(
            """set -x; registry_move_tag --unless-newer "$IMAGE:day-4" prod
            registry_delete_tag "$IMAGE:day-3"; registry_cleanup --keep prod --all-but 0 "$ANY" "$IMAGE" """,
            record=True,
        )
        self.assertEqual(self.repository.tags(), {"prod", "day-4"})
        arguments, log = self.jobs.arguments.read_text(), self.stack.distribution_log.read_text()
        self.assertGreater(arguments.count("curl\n--config\n-\n"), 10)
        self.assertIn(self.name, log + "".join(self.stack.gitlab_registry.requests))
        tokens = [token for names, token in self.stack.tokens.issued if self.name in names]
        self.assertGreaterEqual(len(tokens), 3)
        password = token_endpoint.USERS["gitlab-ci-token"][0]
        quoted = password.replace("\\", "\\\\").replace('"', '\\"')
        for secret in [*tokens, *(token.split(".")[1] for token in tokens), password, quoted]:
            for place in (arguments, log, output, *self.stack.gitlab_registry.requests):
                self.assertNotIn(secret, place)


class GitlabConnection(Case):
    """Faults that only the imitation can play."""

    def test_an_expired_token_is_renewed(self):
        """Tokens of this user are good for five requests."""
        self.push_days(range(1, 6))
        self.succeeds('registry_cleanup --all-but 1 "$ANY" "$IMAGE"', user="short-lived")
        self.assertEqual(self.repository.tags(), {"day-5"})

    def test_the_right_to_delete_alone_is_enough_to_delete_tags(self):
        self.repository.push("a")
        self.succeeds('registry_delete_tag "$IMAGE:a"', user="deleter")
        self.assertEqual(self.repository.tags(), set())

    def test_a_token_that_is_no_jwt(self):
        self.repository.push("a")
        self.succeeds('registry_delete_tag "$IMAGE:a"', user="opaque")
        self.assertEqual(self.repository.tags(), set())

    def test_a_moment_of_trouble_is_waited_out(self):
        self.repository.push("a")
        self.stack.gitlab_registry.unavailable[f"GET /v2/{self.name}/manifests/a"] = 1
        self.succeeds('registry_delete_tag "$IMAGE:a"')
        self.assertEqual(self.repository.tags(), set())

    def test_a_deletion_that_stops_halfway_is_finished(self):
        self.repository.push("a")
        self.stack.gitlab_registry.half_deleted.add(self.name)
        self.succeeds('registry_delete_tag --delete-by dummy "$IMAGE:a"')
        self.assertNotIn(self.name, self.stack.gitlab_registry.half_deleted)
        self.assertEqual(self.repository.tags(), set())

    def test_no_two_dummies_are_one_manifest(self):
        self.repository.push("a")
        self.repository.also_tag("a", "b", "c")
        self.succeeds('registry_delete_tag --delete-by dummy "$IMAGE:a" "$IMAGE:b"')
        start = f"DELETE /v2/{self.name}/manifests/sha256:"
        deleted = [request for request in self.stack.gitlab_registry.requests if request.startswith(start)]
        self.assertEqual(len(deleted), 3)  # one asks whether digests can be deleted
        self.assertEqual(len(set(deleted)), 3)

    def test_lasting_trouble_is_a_failure(self):
        self.push_days(range(1, 3))
        for request in ("GET manifests/day-1", "DELETE manifests/day-1"):
            method, path = request.split()
            self.stack.gitlab_registry.unavailable[f"{method} /v2/{self.name}/{path}"] = 3
            self.fails('registry_cleanup --all-but 1 "$ANY" "$IMAGE"', "HTTP 503")
            self.assertEqual(self.repository.tags(), {"day-1", "day-2"})

    def test_lasting_trouble_is_seen_in_a_condition_too(self):
        """There no `set -e` ends a job that has lost a part of what it must know."""
        self.push_days(range(1, 3))
        self.repository.also_tag("day-1", "kept")
        configuration = json.loads(self.repository.get("day-1")[2])["config"]["digest"]
        for path, call in (
            ("manifests/kept", """registry_cleanup --keep-regex '^kept$' --all-but 0 'day-[0-9]' "$IMAGE" """),
            (f"blobs/{configuration}", 'registry_cleanup --all-but 1 "$ANY" "$IMAGE"'),
            (f"blobs/{configuration}", 'answer=$(registry_current --older-than 1 "$IMAGE:day-1")'),
            (f"blobs/{configuration}", 'registry_move_tag --unless-newer "$IMAGE:day-2" kept'),
        ):
            with self.subTest(call):
                self.stack.gitlab_registry.unavailable[f"GET /v2/{self.name}/{path}"] = 3
                output = self.succeeds(f"if {call}; then echo went on; else echo stopped; fi")
                self.assertIn("HTTP 503", output)
                self.assertIn("stopped\n", output)
                self.assertEqual(self.repository.tags(), {"day-1", "day-2", "kept"})
