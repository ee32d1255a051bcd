"""Breaking the compiler on purpose: what the broken compiler writes must make a scenario fail.

`MUTATIONS` is the list. Each is a few changes of the compiler's source; `mutants` builds that compiler, and the
scenario named runs what it makes of the examples. A scenario that still passes then
is worth nothing. What the compiler's own proof says of its broken pipeline is asked first; then it is overruled.
"""

import dataclasses

import mutants
import scenarios


@dataclasses.dataclass(frozen=True)
class Mutation:
    """`changes`: (file, before, after), each of which must be there. `refused`: what the proof says.

    `shows`: how the assertion begins that must fail; another one that fails shows something else.
    """

    name: str
    what: str
    scenario: str
    shows: str
    changes: tuple
    refused: tuple = ()
    leaks: bool = False


LOGIN = 'printf \'%s\' \\"${}\\" | {client} login --username \\"${}\\" --password-stdin {host}'

MUTATIONS = (
    Mutation(
        "does-not-ask-what-runs",
        "the clean-up does not read the answer of a cluster",
        "rollback-by-the-button",
        "images that a node drain cannot pull",
        (("src/lower/registry/retention.rs", "lists.push(", "lists.clear(); lists.push("), (
            "src/lower/registry/retention.rs",
            "word(&running::file(&place.value))",
            'String::from("/tmp/kept")',
        ), (
            "src/lower/registry/retention.rs",
            "let kept = self.kept(name, image, retention, &rules);",
            'lines.push("date +%s > /tmp/kept".to_owned()); let kept = self.kept(name, image, retention, &rules);',
        )),
        refused=("internal error",),
    ),
    Mutation(
        "one-tag-for-all-builds",
        "a build has no tag of its own",
        "the-same-commit-on-a-changed-base",
        "the rollout of app after `kubectl rollout undo`",
        (("src/lower/image_build.rs", "image.build_tag().is_some() &&", "false && image.build_tag().is_some() &&"),),
        refused=("internal error",),
    ),
    Mutation(
        "counts-all-branches-together",
        "the newest images of all branches are counted",
        "each-branch-keeps-its-newest",
        "tags of feature",
        (("templates/registry/all_but_newest.sh", '[NF > 4 ? "" : $4]', "[1]"),),
    ),
    Mutation(
        "spares-nothing-under-way",
        "a clean-up deletes what was built a moment ago",
        "a-pipeline-that-waits",
        "images that a node drain cannot pull",
        (("templates/registry/older_than.sh", "NF > 3 && $3 \"\" < limit", "NF > 3"),),
    ),
    Mutation(
        "stops-all-branches-of-a-slug",
        "a stop deletes by the slug alone",
        "two-branches-with-one-slug",
        "images that a node drain cannot pull",
        (("templates/registry/of_branch.sh", 'NF > 3 && $4 "" == branch ""', "NF > 3"),),
    ),
    Mutation(
        "cleanup-not-always",
        "`when: always` is forgotten",
        "failing-test",
        "jobs: cleanup-php-ci is skipped",
        (("src/lower/cleanup.rs", 'job.when = Some("always".to_owned());', ""),),
        refused=("not-cleaned-up",),
    ),
    Mutation(
        "deploys-on-any-branch",
        "the rules of ref sets are forgotten",
        "feature-branch",
        "production",
        (("src/lower/refs.rs", "if changes.is_none() && self.is_everywhere(&names) {", "if !names.is_empty() {"),),
        refused=("internal error",),
    ),
    Mutation(
        "no-login",
        "the login is dropped",
        "first-deployment",
        "jobs: build-php-ci is failed",
        (("src/lower/registry/login.rs", "let push = access.push?;", "let push = access.push.filter(|_| false)?;"),),
        refused=("internal error",),
    ),
    Mutation(
        "deploys-a-tag-that-moves",
        "the Deployment names the tag `prod`, not the digest",
        "second-deployment",
        "jobs: deploy-prod is failed",
        (
            (
                "src/lower/deploy/set_image.rs",
                "lowering.by_digest_or_fail(&image.value, &mut change.uses)",
                'lowering.image(&image.value).map(|own| format!("{}:prod", own.repository(&image.value)))'
                ".unwrap_or_default()",
            ),
        ),
        refused=("internal error",),
    ),
    Mutation(
        "no-undo",
        "a failed rollout stays as it is",
        "failing-rollout",
        "the digest in the Deployment",
        (("src/lower/deploy/rollout.rs", "kubectl rollout undo {workload} || true", ": {workload}"),),
    ),
    Mutation(
        "failed-rollout-succeeds",
        "the job ends with success after a failed rollout",
        "failing-rollout",
        "jobs: deploy-prod is success",
        (("src/lower/deploy/rollout.rs", "{undone}  exit 1\\nfi", "{undone}fi"),),
    ),
    Mutation(
        "keeps-no-older-image",
        "nothing is kept to go back to",
        "second-deployment",
        "the image before",
        (("src/lower/registry/retention.rs", "&number.to_string()", '"0"'),),
    ),
    Mutation(
        "deletes-what-others-tagged",
        "the pattern of tags takes all",
        "another-tag-on-the-running-image",
        "the digest of php:release-1",
        (
            (
                "src/lower/registry/retention.rs",
                "rules.images().map(|one| expression(&one.pattern.regex))",
                'rules.images().map(|_| expression(".*"))',
            ),
        ),
    ),
    Mutation(
        "cleanup-does-not-wait",
        "the question what runs needs the build, and not the deployment",
        "failing-rollout",
        "jobs: running-prod is",
        (
            ("src/lower/running.rs", "let always = deploys && same", "let always = false && deploys && same"),
            ("src/lower/running.rs", "if deploys {\n            needs.push", "if false {\n            needs.push"),
        ),
        refused=("internal error",),
    ),
    Mutation(
        "tests-take-what-the-tag-names",
        "tests do not pull the image by its digest",
        "retry-of-each-job",
        "phpstan ran in the image",
        (
            (
                "src/lower/compose.rs",
                "for image in &images {\n            let (tag, reference)",
                "for image in images.iter().take(0) {\n            let (tag, reference)",
            ),
        ),
        refused=("internal error",),
    ),
    Mutation(
        "password-as-an-argument",
        "the login has the password on its command line",
        "no-secret-is-shown",
        "tokens in arguments",
        (
            (
                "src/lower/registry/login.rs",
                LOGIN,
                '{client} login --password \\"${}\\" --username \\"${}\\" {host}',
            ),
        ),
        leaks=True,
    ),
    Mutation(
        "deletes-by-digest",
        "the script deletes the manifest, and with it all of its tags",
        "another-tag-on-the-running-image",
        "the digest of php:release-1",
        (("templates/registry/delete.sh", "tag delete --ignore-missing", "manifest delete --force-tag-dereference"),),
    ),
)


def caught(mutation):
    """As a scenario: the scenario named must fail on what the broken compiler writes."""

    def run(bench):
        refused, bench.examples = mutants.compiled(mutation)
        scenarios.equal(refused, mutation.refused, "what the proof refuses")
        bench.leaks = mutation.leaks
        shown = scenarios.failure(scenarios.load()[mutation.scenario].run, bench)
        scenarios.holds(shown is not None, f"{mutation.scenario} passes all the same")
        bench.note = f"{mutation.scenario}: {shown.splitlines()[0][:150]}"
        scenarios.holds(shown.startswith(mutation.shows), f"not shown by {mutation.shows!r}, but by: {shown}")

    return run
