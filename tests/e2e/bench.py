"""What a scenario works with: projects of the examples, each new, with the pipeline that was generated.

A mutation changes the text of that pipeline on its way to GitLab, nothing else does.
"""

import pathlib

from stack import platform

TESTS = pathlib.Path(__file__).resolve().parent
EXAMPLES = platform.ROOT / "examples"
AGENT = "facile/infrastructure:production"


class Bench:
    def __init__(self, stack, mutate=None):
        self.stack, self.mutate = stack, mutate
        self.projects = []

    def project(self, example="facile", **how):
        files = TESTS / "projects" / example
        made = self.stack.project(EXAMPLES / example, files=files if files.is_dir() else None, **how)
        if self.mutate:
            made.put(".gitlab-ci.yml", self.mutate((made.work / ".gitlab-ci.yml").read_text()))
        self.projects.append(made)
        return made

    def facile(self, **how):
        """examples/facile with its cluster: one Deployment, which somebody made by hand."""
        project = self.project("facile", **how)
        project.agent(AGENT)
        project.deploy("my-project", "php-container")
        return project
