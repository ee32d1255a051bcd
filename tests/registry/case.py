"""What all test cases share: a repository of their own, and jobs to run against it."""

import unittest
import uuid

import client
import stack
import token_endpoint


class Case(unittest.TestCase):
    """Each suite sets these: the running stack, jobs in one shell, and the registry to talk to."""

    stack = jobs = flavour = None

    def setUp(self):
        self.host = self.stack.gitlab if self.flavour == "gitlab" else self.stack.distribution
        self.name = f"{stack.PROJECT}/{uuid.uuid4().hex[:12]}"
        self.repository = client.Repository(self.stack, self.flavour, self.name)
        self.addCleanup(self.repository.connection.close)
        self.image = f"{self.host}/{self.name}"

    def environment(self, user):
        return {
            "CI_REGISTRY_USER": user,
            "CI_REGISTRY_PASSWORD": token_endpoint.USERS[user][0],
            "CI_REGISTRY": self.host,
            "IMAGE": self.image,
            "SSL_CERT_FILE": str(self.stack.ca),
            "GIT_SSL_CAINFO": str(self.stack.ca),
            "repository": self.image,
        }

    def job(self, script, user="gitlab-ci-token", **variables):
        """Runs a job that is logged in; returns its exit status and output."""
        return self.jobs.run(script, self.environment(user) | variables)

    def succeeds(self, script, **how):
        status, output = self.job(script, **how)
        self.assertEqual(status, 0, output)
        return output

    def fails(self, script, saying, **how):
        """The job fails, and says why."""
        status, output = self.job(script, **how)
        self.assertNotEqual(status, 0, output)
        self.assertRegex(output, saying)
        return output

    def push_days(self, days, kind="docker", ref="main"):
        """Images day-1, day-2, ..., each built for the ref, a day later than the one before; their digests."""
        return {day: self.push(f"day-{day}", ref, f"2024-03-{day:02}T12:00:00Z", kind) for day in days}

    def push(self, tag, ref, time, kind="docker"):
        """An image as a build labels it."""
        # What an image says of its creation is the time of its last layer, however old.
        return self.repository.push(tag, kind, "2020-01-01T00:00:00Z", {"windlass.build": f"{time} {ref}"})
