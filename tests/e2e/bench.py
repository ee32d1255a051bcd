"""What a scenario works with: projects of the examples, each new, with the pipeline that was generated.

A mutation has another compiler make that pipeline.
"""

import pathlib

import post
from images import hub
from rig import gitlab, platform
from runner import pipeline as pipelines

TESTS = pathlib.Path(__file__).resolve().parent
CI = {"build-php-ci", "test-coverage", "phpstan", "cleanup-php-ci"}
CI_2018 = {"build-image", "test-coverage", "phpstan", "delete-ci-image"}
AGENT = "facile/infrastructure:production"


class Bench:
    def __init__(self, stack):
        self.stack, self.examples = stack, stack.examples
        self.projects, self.note, self.leaks = [], "", False
        self.known = ""  # why the scenario fails, if it is known to fail

    def project(self, example="facile", files=None, **how):
        files = TESTS / "projects" / (files or example)
        files = files if files.is_dir() else None
        made = self.stack.project(self.examples / example, files=files, leaks=self.leaks, **how)
        self.projects.append(made)
        return made

    def facile(self, tested=True, **how):
        """examples/facile with its cluster: one Deployment, which somebody made by hand.

        Without `tested` the jobs before the production build do not run and count as passed: for
        scenarios that are about deployments, to which they are nothing but time.
        """
        project = self.project("facile", **how)
        project.passed = set() if tested else CI
        project.agent(AGENT)
        project.deploy("my-project", "php-container")
        return project

    def deployed(self):
        """The same after a first deployment."""
        project = self.facile(tested=False)
        project.push()
        project.passed = set()
        return project

    def facile_2018(self, tested=True, **how):
        """examples/facile-2018: GitLab and registry as of then, where jobs may not delete; `tested` as there."""
        how |= {"registry": platform.OLD, "rights": {"pull", "push"}}
        project = self.project("facile-2018", files="facile", **how)
        project.days_ago = 0  # one image builds and asks what runs: its clock must be right
        project.passed = set() if tested else CI_2018
        self.cleaner(project, "REGISTRY_CLEANER")
        project.integrate()
        project.deploy("my-project", "php-container")
        return project

    def cleaner(self, project, user=None, rights=gitlab.ALL):
        """A personal token, of somebody who may delete, in CI variables."""
        token = pipelines.new_token()
        project.variables["PERSONAL_ACCESS_TOKEN"] = token
        if user:
            project.variables[user] = "alai"
        self.stack.issuer.allow("alai", token, project.path.lower(), rights)

    def post(self, *faults_left):
        """The post's project, repaired but for some faults; GitLab and registry as of 2018."""
        path = f"facile/post-{self.stack.number()}"
        project = self.stack.project(post.FILES, path=path, registry=platform.OLD, rights={"pull", "push"}, leaks=True)
        # The project has a name of its own, that others run beside it.
        for file in sorted(project.work.rglob("*")):
            if file.is_file() and ".git" not in file.parts:
                file.write_text(file.read_text().replace("facile/my-project", path))
        post.repaired(project, *faults_left)
        hub.push_php_base(project.images("php-base"))
        self.cleaner(project)
        project.integrate()
        project.deploy("my-project", "php-container")
        self.projects.append(project)
        return project
