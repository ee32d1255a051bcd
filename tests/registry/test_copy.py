"""registry_copy and registry_digest"""

import client
import stack
from case import Case


class CopyCase(Case):
    def setUp(self):
        super().setUp()
        self.other = client.Repository(self.stack, "other", self.name + "/copy")
        self.addCleanup(self.other.connection.close)
        self.sister = client.Repository(self.stack, self.flavour, self.name + "/sister")
        self.addCleanup(self.sister.connection.close)
        self.elsewhere = {
            "TARGET": f"{self.stack.other}/{self.name}/copy",
            "OTHER_USER": stack.OTHER[0],
            "OTHER_PASSWORD": stack.OTHER[1],
        }
        self.to_other = 'registry_copy --to-credentials OTHER_USER OTHER_PASSWORD'

    def same(self, one, other, reference):
        """Both have the image, down to the bytes of its parts."""
        status, kind, data = one.get(reference)
        self.assertEqual(status, 200)
        self.assertEqual(other.get(reference), (status, kind, data))
        manifest = client.json.loads(data)
        for child in manifest.get("manifests", []):
            self.same(one, other, child["digest"])
        for part in [manifest.get("config"), *manifest.get("layers", [])]:
            if part and "urls" not in part:
                self.assertEqual(one.blob(part["digest"]), other.blob(part["digest"]))
                self.assertEqual(client.sha256(other.blob(part["digest"])), part["digest"])


class Copy(CopyCase):
    def test_to_another_registry(self):
        for kind in client.KINDS:
            with self.subTest(kind):
                digest = self.repository.push(kind, kind)
                output = self.succeeds(f'{self.to_other} "$IMAGE@{digest}" "$TARGET" {kind} 1.4', **self.elsewhere)
                self.assertIn(f"to {self.elsewhere['TARGET']}:{kind}, from no image to {digest}", output)
                self.same(self.repository, self.other, kind)
                self.assertEqual(self.other.digest("1.4"), digest)
        output = self.succeeds(f'{self.to_other} "$IMAGE:oci" "$TARGET" oci', **self.elsewhere)
        self.assertIn("already", output)

    def test_within_the_registry(self):
        for kind in client.KINDS:
            with self.subTest(kind):
                digest = self.repository.push(kind, kind)
                self.succeeds(f'registry_copy "$IMAGE:{kind}" "$IMAGE/sister" {kind}')
                self.same(self.repository, self.sister, kind)
                self.assertEqual(self.sister.digest(kind), digest)

    def test_from_another_registry(self):
        digest = self.other.push("a", "oci-index")
        self.succeeds(
            """registry_copy --credentials OTHER_USER OTHER_PASSWORD \\
            --to-credentials CI_REGISTRY_USER CI_REGISTRY_PASSWORD "$TARGET:a" "$IMAGE" a""",
            **self.elsewhere,
        )
        self.assertEqual(self.repository.digest("a"), digest)
        self.same(self.other, self.repository, "a")

    def test_nested_indexes_and_manifests_without_a_type(self):
        child = self.repository.platform_image(None, True, None)
        config = self.repository.put_blob(b"{}")
        bare = {"schemaVersion": 2, "config": {"mediaType": client.OCI_MANIFEST, **config}, "layers": []}
        bare = self.repository.put_manifest("bare", bare, client.OCI_MANIFEST)
        inner = {"schemaVersion": 2, "manifests": [child, bare]}
        inner = self.repository.put_manifest("inner", inner, client.OCI_INDEX)
        self.repository.put_manifest("outer", {"schemaVersion": 2, "manifests": [inner, child]}, client.OCI_INDEX)
        self.succeeds(f'{self.to_other} "$IMAGE:outer" "$TARGET" outer', **self.elsewhere)
        self.same(self.repository, self.other, "outer")
        self.same(self.repository, self.other, bare["digest"])

    def test_an_existing_tag_moves(self):
        self.other.push("1.4")
        digest = self.repository.push("a")
        self.succeeds(f'{self.to_other} "$IMAGE:a" "$TARGET" 1.4', **self.elsewhere)
        self.assertEqual(self.other.digest("1.4"), digest)

    def test_failures_leave_the_other_registry_alone(self):
        digest = self.repository.push("a")
        old = self.other.push("1.4")
        for call, why, variables in [
            ('"$IMAGE:never" "$TARGET" 1.4', "never: no such image", {}),
            ('"$IMAGE" "$TARGET" 1.4', "which tag or digest", {}),
            ('"$IMAGE:a" "$TARGET:1.4" x', "without a tag", {}),
            ('"$IMAGE:a" "$TARGET"', "usage", {}),
            ('"$IMAGE:a" "$TARGET" ""', "is not a tag", {}),
            ('"$IMAGE:a" "$TARGET" 1.4', "refuses OTHER_USER and OTHER_PASSWORD", {"OTHER_PASSWORD": "x"}),
            ('"$IMAGE:a" "$TARGET" 1.4', "OTHER_USER or OTHER_PASSWORD is empty", {"OTHER_PASSWORD": ""}),
            ('"$IMAGE:a" "$TARGET" 1.4', "no answer", {"TARGET": f"127.0.0.1:{stack.free_port()}/a/b"}),
        ]:
            with self.subTest(call + why):
                self.fails(f"{self.to_other} {call}", why, **self.elsewhere | variables)
        self.fails('registry_copy "$IMAGE:a" "$TARGET" 1.4', "another registry: --to-credentials", **self.elsewhere)
        self.fails(f'registry_copy "$IMAGE@{digest}" "{self.host}/another/project" x', "no right to")
        self.fails('registry_copy "$IMAGE:a" "$IMAGE/sister" x', "no right to push", user="reader")
        self.assertEqual(self.other.tags(), {"1.4"})
        self.assertEqual(self.other.digest("1.4"), old)

    def test_clean_up_there(self):
        """A registry with a password of its own, and of a kind that deletes no tag."""
        for day in range(1, 5):
            self.other.push(f"day-{day}", created=f"2024-03-{day:02}T12:00:00Z")
        own = "--credentials OTHER_USER OTHER_PASSWORD"
        self.succeeds(f'registry_cleanup {own} --all-but 2 "$ANY" "$TARGET"', **self.elsewhere)
        self.assertEqual(self.other.tags(), {"day-3", "day-4"})
        self.succeeds(f'registry_delete_tag {own} "$TARGET:day-3"', **self.elsewhere)
        self.succeeds(f'registry_move_tag {own} "$TARGET:day-4" prod', **self.elsewhere)
        self.assertEqual(self.other.tags(), {"day-4", "prod"})

    def test_the_jobs_own_credentials_go_to_gitlab_alone(self):
        self.other.push("a")
        self.fails('registry_move_tag "$TARGET:a" b', "CI_REGISTRY_USER is for .* alone", **self.elsewhere)
        self.fails("""registry_move_tag --credentials '' '' "$TARGET:a" b""", "names of two", **self.elsewhere)

    def test_digest(self):
        for kind in client.KINDS:
            digest = self.repository.push(kind, kind)
            output = self.succeeds(f'found=$(registry_digest "$IMAGE:{kind}"); echo "<$found>"', user="reader")
            self.assertEqual(output, f"<{digest}>\n")
        output = self.fails('found=$(registry_digest "$IMAGE:never"); echo "<$found>"', "never: no such image")
        self.assertNotIn("<", output)
        self.fails('found=$(registry_digest "$IMAGE")', "which tag")

    def test_no_secret_in_arguments_or_output(self):
        self.repository.push("a", "oci-index")
        self.jobs.arguments.write_text("")
        output = self.succeeds(
            f'set -x; {self.to_other} "$IMAGE:a" "$TARGET" a', record=True, **self.elsewhere
        )
        arguments = self.jobs.arguments.read_text()
        quoted = stack.OTHER[1].replace("\\", "\\\\").replace('"', '\\"')
        tokens = [token for names, token in self.stack.tokens.issued if self.name in names]
        for secret in [stack.OTHER[1], quoted, *tokens]:
            for place in (arguments, output):
                self.assertNotIn(secret, place)


class GitlabCopy(CopyCase):
    """What only the imitation can tell."""

    def test_nothing_is_transferred_within_the_registry(self):
        self.repository.push("a", "oci-index")
        self.succeeds('registry_copy "$IMAGE:a" "$IMAGE/sister" a')
        requests = [request for request in self.stack.gitlab_registry.requests if f"/{self.name}/" in request]
        self.assertFalse([request for request in requests if request.startswith("GET") and "/blobs/" in request])
        self.assertFalse([request for request in requests if request.startswith(("PATCH", "PUT")) and "upload" in request])
