"""registry_delete_tag"""

import threading

import client
from case import Case


class DeleteTag(Case):
    def test_every_kind_of_manifest(self):
        for kind in client.KINDS:
            with self.subTest(kind):
                digest = self.repository.push(kind, kind)
                output = self.succeeds(f'registry_delete_tag "$IMAGE:{kind}"')
                self.assertIn(f"registry: deleted {self.image}:{kind}\n", output)
                self.assertNotIn(kind, self.repository.tags())
                self.assertIsNone(self.repository.digest(kind))
                if self.flavour == "distribution":  # GitLab collects what has no tag by itself
                    self.assertIsNone(self.repository.digest(digest))

    def test_what_is_gone_is_done(self):
        self.assertIn("already gone", self.succeeds('registry_delete_tag "$IMAGE:never"'))
        self.repository.push("other")
        self.assertIn("already gone", self.succeeds('registry_delete_tag "$IMAGE:never"'))
        self.assertEqual(self.repository.tags(), {"other"})

    def test_other_tags_of_the_same_image_stay(self):
        digest = self.repository.push("sha")
        self.repository.also_tag("sha", "branch", "prod")
        self.succeeds('registry_delete_tag "$IMAGE:sha" "$IMAGE:branch"')
        self.assertEqual(self.repository.tags(), {"prod"})
        self.assertEqual(self.repository.digest("prod"), digest)

    def test_an_image_within_an_index_stays(self):
        child = self.repository.platform_image("single", True, None)
        self.repository.put_manifest(
            "index", {"schemaVersion": 2, "mediaType": client.OCI_INDEX, "manifests": [child]}
        )
        self.succeeds('registry_delete_tag "$IMAGE:single"')
        self.assertEqual(self.repository.tags(), {"index"})
        self.assertEqual(self.repository.digest(child["digest"]), child["digest"])

    def test_several_repositories(self):
        second = client.Repository(self.stack, self.flavour, self.name + "/nested")
        self.addCleanup(second.connection.close)
        self.repository.push("a")
        second.push("b")
        self.succeeds('registry_delete_tag "$IMAGE:a" "$IMAGE/nested:b"')
        self.assertEqual(self.repository.tags() | second.tags(), set())

    def test_each_way_of_deleting(self):
        self.repository.push("a")
        if self.flavour == "gitlab":
            self.succeeds('registry_delete_tag --delete-by tag "$IMAGE:a"')
            writes = [
                request
                for request in self.stack.gitlab_registry.requests
                if f"/{self.name}/" in request and not request.startswith("GET ")
            ]
            self.assertEqual(writes, [f"DELETE /v2/{self.name}/manifests/a"])
        else:  # 2.8 answers 400: told, and nothing changed
            digest = self.repository.digest("a")
            self.fails('registry_delete_tag --delete-by tag "$IMAGE:a"', "HTTP 400")
            self.assertEqual(self.repository.digest("a"), digest)
        self.repository.push("b")
        self.succeeds('registry_delete_tag --delete-by dummy "$IMAGE:b"')
        self.assertNotIn("b", self.repository.tags())

    def test_two_at_once(self):
        """Twelve tags of one image, deleted by two jobs at once, each also some of the other's."""
        digest = self.repository.push("prod")
        tags = [f"c{number}" for number in range(12)]
        self.repository.also_tag("prod", *tags)
        results = []

        def delete(some):
            images = " ".join(f'"$IMAGE:{tag}"' for tag in some)
            results.append(self.job(f"registry_delete_tag {images}"))

        threads = [threading.Thread(target=delete, args=(some,)) for some in (tags[:8], tags[:3:-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([status for status, _ in results], [0, 0], results)
        self.assertEqual(self.repository.tags(), {"prod"})
        self.assertEqual(self.repository.digest("prod"), digest)

    def test_without_the_right_nothing_changes(self):
        digest = self.repository.push("keep")
        for user in ("reader", "pusher"):
            self.fails(
                'registry_delete_tag "$IMAGE:keep"',
                "CI_REGISTRY_USER has no right to delete in .*but: pull",
                user=user,
            )
        self.fails('registry_delete_tag --delete-by dummy "$IMAGE:keep"', "no right to push", user="deleter")
        if self.flavour == "distribution":  # falls back to the dummy, and may not push it
            self.fails('registry_delete_tag "$IMAGE:keep"', "no right to push", user="deleter")
        elsewhere = f"{self.host}/another/project:keep"
        self.fails(
            f'registry_delete_tag "$IMAGE:keep" "{elsewhere}"', "no right to pull in another/project .*none"
        )
        self.assertEqual(self.repository.digest("keep"), digest)

    def test_no_image_is_no_success(self):
        self.repository.push("a")
        for argument in (
            '"$IMAGE:"',
            '"$IMAGE"',
            '""',
            "",
            '"$IMAGE:a b"',
            "php:7",
            '"$IMAGE@sha256:' + "0" * 64 + '"',
            '"$IMAGE:a" "$IMAGE:"',
            "--delete-by never $IMAGE:a",
            "--unknown $IMAGE:a",
            "'$IMAGE:$X'",
        ):
            with self.subTest(argument):
                self.fails(f"registry_delete_tag {argument}", "^registry: ")
        self.assertEqual(self.repository.tags(), {"a"})
