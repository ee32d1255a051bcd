"""registry_move_tag"""

import client
from case import Case

OLD, NEW = "2024-05-06T07:08:09.123Z", "2024-05-06T07:08:09.2Z"


class MoveTag(Case):
    def test_every_kind_of_manifest_keeps_its_bytes(self):
        for kind in client.KINDS:
            with self.subTest(kind):
                digest = self.repository.push("new", kind)
                output = self.succeeds(f'registry_move_tag "$IMAGE@{digest}" prod-{kind}')
                self.assertIn(f"moved {self.name}:prod-{kind} from no image to {digest}", output)
                self.assertEqual(self.repository.get(f"prod-{kind}"), self.repository.get(digest))
                self.assertEqual(self.repository.get(f"prod-{kind}")[1], client.KINDS[kind])

    def test_first_again_and_next_deployment(self):
        first, second = self.repository.push("first"), self.repository.push("second", "oci")
        self.succeeds('registry_move_tag "$IMAGE:first" prod live')
        self.assertEqual({self.repository.digest("prod"), self.repository.digest("live")}, {first})
        self.assertIn("already", self.succeeds('registry_move_tag "$IMAGE:first" prod'))
        self.assertIn(
            f"from {first} to {second}", self.succeeds(f'registry_move_tag "$IMAGE:second@{second}" prod')
        )
        self.assertEqual(self.repository.digest("prod"), second)
        self.assertEqual(self.repository.digest("live"), first)

    def test_no_such_image(self):
        digest = self.repository.push("prod")
        self.fails('registry_move_tag "$IMAGE:never" prod', "never: no such image")
        self.fails('registry_move_tag "$IMAGE@sha256:' + "1" * 64 + '" prod', "no such image")
        self.fails('registry_move_tag "$IMAGE:prod" ""', "is not a tag")
        self.fails('registry_move_tag "$IMAGE:prod"', "usage")
        self.fails('registry_move_tag "$IMAGE@" prod', "is not an image")
        self.assertEqual(self.repository.digest("prod"), digest)

    def test_without_the_right_nothing_changes(self):
        self.repository.push("new")
        self.fails('registry_move_tag "$IMAGE:new" prod', "no right to push", user="reader")
        self.assertEqual(self.repository.tags(), {"new"})

    def test_an_older_pipeline_that_comes_last_turns_nothing_back(self):
        for kind in client.KINDS:
            with self.subTest(kind):
                old, new = self.repository.push("old", kind, OLD), self.repository.push("new", kind, NEW)
                for deployed in ("new", "old"):
                    output = self.succeeds(f'registry_move_tag --unless-newer "$IMAGE:{deployed}" {kind}')
                self.assertIn(f"stays: its image {new} is newer than {old}", output)
                self.assertEqual(self.repository.digest(kind), new)
                self.succeeds(f'registry_move_tag "$IMAGE:old" {kind}')  # a rollback has to be asked for
                self.assertEqual(self.repository.digest(kind), old)

    def test_the_same_or_no_creation_time_is_not_later(self):
        for created in (OLD, None, "0001-01-01T00:00:00Z", "soon"):
            with self.subTest(created):
                self.repository.push("prod", created=created)
                digest = self.repository.push("next", created=OLD)
                self.succeeds('registry_move_tag --unless-newer "$IMAGE:next" prod')
                self.assertEqual(self.repository.digest("prod"), digest)
