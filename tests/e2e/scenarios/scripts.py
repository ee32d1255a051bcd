"""Deployments by a script that reaches its target without a cluster."""

from scenarios import equal, holds, scenario, statuses

DEPLOY = """#!/bin/sh
set -eu
if command -v kubectl; then exit 1; fi
test -z "${KUBECONFIG-}"
curl --version > /dev/null
if grep -q broken CHANGES; then exit 1; fi
echo "deployed $1"
"""


@scenario
def script_without_a_cluster(bench):
    """A script deploys, in an image of its own: it gets the digest, and no access; a retry deploys the same image."""
    project = bench.project("by-script")
    project.put("bin/deploy", DEPLOY)
    (project.work / "bin/deploy").chmod(0o755)
    for text in ("first", "second"):
        pipeline = project.push(CHANGES=text)
        statuses(pipeline)
        deployed = f"deployed {project.registry.host}/{project.path}/app@{pipeline.jobs['build-app'].reported['IMAGE_APP_DIGEST']}"
        holds(deployed in pipeline.log("deploy-production"), pipeline.log("deploy-production")[-600:])
    broken = project.push(CHANGES="broken")
    statuses(broken, "deploy-production")
    pipeline.retry("deploy-production")
    holds(deployed in pipeline.log("deploy-production"), "GitLab's button to roll back deploys the image of that pipeline")
    equal(set(project.push("feature/x", CHANGES="x").jobs), {"build-app"}, "the jobs of a branch")
