"""Breaking the compiler on purpose: what a broken compiler would write must make a scenario fail.

The compiler is not built anew for each: a mutation changes the text that it wrote, in the way in which
it would be wrong, and the file runs like any other. `MUTATIONS` is the list; `changes` are (before,
after), each of which must be there. A scenario that still passes then is worth nothing.
"""

import dataclasses

import scenarios


@dataclasses.dataclass(frozen=True)
class Mutation:
    name: str
    what: str
    scenario: str
    changes: tuple
    leaks: bool = False

    def __call__(self, text):
        for before, after in self.changes:
            assert before in text, f"{self.name}: {before!r} is not in the pipeline"
            text = text.replace(before, after)
        return text


LOGIN = (
    """    - printf '%s' "$CI_REGISTRY_PASSWORD" | docker login """
    '--username "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"'
)
DIGEST = '"$CI_REGISTRY_IMAGE/php@${IMAGE_PHP_DIGEST:?}"'
PULLED = """    - docker pull --quiet "$CI_REGISTRY_IMAGE/php-ci@${IMAGE_PHP_CI_DIGEST:?}"
    - docker tag "$CI_REGISTRY_IMAGE/php-ci@${IMAGE_PHP_CI_DIGEST:?}" "$IMAGE_PHP_CI"
"""

MUTATIONS = (
    Mutation(
        "promotion-the-wrong-way-round",
        "the tags of the promotion are swapped",
        "second-deployment",
        ((f'{DIGEST} "prod"', '"$CI_REGISTRY_IMAGE/php:prod" "$CI_COMMIT_SHA"'),),
    ),
    Mutation(
        "no-guard-against-newer-images",
        "an older pipeline that comes last moves the tag back",
        "interleaved-older-cleans-up-last",
        (("registry_move_tag --unless-newer ", "registry_move_tag "),),
    ),
    Mutation("cleanup-not-always", "`when: always` is forgotten", "failing-test", (("  when: always\n", ""),)),
    Mutation(
        "deploys-on-any-branch",
        "the rules of the jobs that deploy are forgotten",
        "feature-branch",
        (("  rules: *deployable-branches\n", ""),),
    ),
    Mutation("no-login", "the login is dropped", "first-deployment", ((LOGIN, "    - 'true'"),)),
    Mutation(
        "deploys-a-tag-that-moves",
        "the Deployment names the tag `prod`, not the digest",
        "second-deployment",
        ((f"php-container={DIGEST}", 'php-container="$CI_REGISTRY_IMAGE/php:prod"'),),
    ),
    Mutation(
        "no-undo",
        "a failed rollout stays as it is",
        "failing-rollout",
        (("kubectl rollout undo deployment/my-project || true", "true"),),
    ),
    Mutation(
        "failed-rollout-succeeds",
        "the job ends with success after a failed rollout",
        "failing-rollout",
        (("  fi\n        exit 1\n", "  fi\n"),),
    ),
    Mutation(
        "keeps-no-older-image",
        "nothing is kept to go back to",
        "second-deployment",
        (("--all-but 3 ", "--all-but 0 "),),
    ),
    Mutation(
        "deletes-what-others-tagged",
        "the pattern of tags takes all",
        "another-tag-on-the-running-image",
        (("'[0-9a-f]{40,64}'", "'.*'"),),
    ),
    Mutation(
        "cleanup-does-not-wait",
        "the clean-up needs the build, and not the deployment",
        "failing-rollout",
        (("    - job: deploy-prod\n      artifacts: false\n", ""),),
    ),
    Mutation(
        "tests-take-what-the-tag-names",
        "tests do not pull the image by its digest",
        "retry-of-each-job",
        ((PULLED, ""),),
    ),
    Mutation(
        "password-as-an-argument",
        "the login has the password on its command line",
        "no-secret-is-shown",
        (
            (
                LOGIN,
                '    - docker login --username "$CI_REGISTRY_USER" --password "$CI_REGISTRY_PASSWORD" "$CI_REGISTRY"',
            ),
        ),
        leaks=True,
    ),
)


def caught(mutation):
    """As a scenario: the scenario named must fail on the mutated pipeline."""

    def run(bench):
        bench.mutate, bench.leaks = mutation, mutation.leaks
        try:
            scenarios.load()[mutation.scenario].run(bench)
        except AssertionError as shown:
            bench.note = f"{mutation.scenario}: {str(shown).splitlines()[0][:150]}"
        else:
            raise AssertionError(f"{mutation.scenario} passes all the same")

    return run
