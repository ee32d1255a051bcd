"""A pipeline: its jobs, and the order in which they run.

In: a project, a ref, a commit. Out: jobs with a status each. Follows GitLab 17's atomic processing
(`Ci::PipelineProcessing::AtomicProcessingService`): a job waits for its `needs`, or for all earlier
stages; `when` says which outcomes of those let it run. A need that was skipped, or that is manual and that
nobody played, skips (`Gitlab::Ci::Status::Composite`, `any_skipped_or_ignored?`).
Scenarios may hold jobs back and release them later, retry single jobs, cancel, play manual ones.
"""

import concurrent.futures
import copy
import itertools
import os
import secrets
import threading
import time

from runner import configuration, selection
from runner import job as runner_job
from runner import variables as ci

DONE = ("success", "failed", "skipped", "canceled")
NUMBERS = itertools.count(1000)
# Of all pipelines together: more at once only make each other wait.
SLOTS = threading.BoundedSemaphore(int(os.environ.get("WINDLASS_E2E_SLOTS", "5")))


class Refused(Exception):
    """GitLab makes no pipeline: an error in the file, or no job in it."""


class Job:
    def __init__(self, pipeline, name, body, chosen):
        self.pipeline, self.name, self.body = pipeline, name, body
        self.when, self.allow_failure, self.rule_variables = (
            chosen.when,
            chosen.allow_failure,
            chosen.variables,
        )
        self.stage = body["stage"]
        needs = body.get("needs") if chosen.needs is None else chosen.needs
        self.needs = None if needs is None else [{"job": need} if isinstance(need, str) else need for need in needs]
        self.status = "manual" if self.when == "manual" else "created"
        self.result, self.archive, self.reported, self.process = None, None, {}, None
        self.canceled, self.runs, self.before = False, [], None
        self.token = ""

    @property
    def blocking(self):
        return self.when == "manual" and not self.allow_failure

    def environment(self):
        """All its variables, expanded; the strongest come last."""
        pipeline = self.pipeline
        predefined = pipeline.predefined | {
            "CI_JOB_ID": str(self.id),
            "CI_JOB_NAME": self.name,
            "CI_JOB_NAME_SLUG": ci.slug(self.name),
            "CI_JOB_STAGE": self.stage,
            "CI_JOB_STARTED_AT": started(pipeline.project.days_ago, pipeline.project.zone),
            "CI_JOB_TOKEN": self.token,
            "CI_PIPELINE_ID": str(pipeline.id),
            "CI_PIPELINE_IID": str(pipeline.id - 999),
            "CI_REGISTRY_USER": "gitlab-ci-token",
            "CI_REGISTRY_PASSWORD": self.token,
            "CI_PROJECT_DIR": f"/builds/{pipeline.project.path}",
            "CI_REPOSITORY_URL": f"https://gitlab-ci-token:{self.token}@{pipeline.project.gitlab.host}/{pipeline.project.path}.git",
        }
        files = pipeline.configuration.variables
        given = {name: ci.plain(value) for name, value in {**files, **pipeline.workflow_variables}.items()}
        own = {
            name: ci.plain(value)
            for name, value in {**(self.body.get("variables") or {}), **self.rule_variables}.items()
        }
        inherit = (self.body.get("inherit") or {}).get("variables", True)
        if inherit is not True:
            given = {name: value for name, value in given.items() if inherit and name in inherit}
        reported = {}
        for source in self.sources():
            reported |= source.reported
        values = predefined | given | own | reported | pipeline.project.variables
        environment = self.body.get("environment")
        if environment:
            environment = {"name": environment} if isinstance(environment, str) else environment
            name = ci.expand(environment["name"], ci.expand_all(values))
            values |= {"CI_ENVIRONMENT_NAME": name, "CI_ENVIRONMENT_SLUG": ci.environment_slug(name)}
            values["CI_ENVIRONMENT_URL"] = ci.expand(environment.get("url", ""), ci.expand_all(values))
        return ci.expand_all(values)

    def sources(self):
        """Jobs whose artifacts it gets."""
        jobs = self.pipeline.jobs
        if self.body.get("dependencies") is not None:
            return [jobs[name] for name in self.body["dependencies"] if name in jobs]
        if self.needs is not None:
            return [jobs[need["job"]] for need in self.needs if need.get("artifacts", True) and need["job"] in jobs]
        stages = self.pipeline.configuration.stages
        return [job for job in jobs.values() if stages.index(job.stage) < stages.index(self.stage)]

    def collect(self, folder, status):
        artifacts = self.body.get("artifacts") or {}
        when = artifacts.get("when", "on_success")
        if when != "always" and (when == "on_success") != (status == 0):
            return
        if artifacts.get("paths"):
            self.archive = self.pipeline.project.folder / f"artifacts-{self.id}.tar"
            environment = self.environment()
            runner_job.pack(folder, [ci.expand(path, environment) for path in artifacts["paths"]], self.archive)
        reports = artifacts.get("reports") or {}
        files = reports.get("dotenv") or []
        for file in [files] if isinstance(files, str) else files:
            if (folder / file).exists():
                self.reported = runner_job.dotenv((folder / file).read_text())

    def run(self):
        project = self.pipeline.project
        with project.resource_group(self), SLOTS:
            self.id = next(NUMBERS)
            self.token = project.job_token(self)
            if self.before:
                self.before()
            try:
                self.result = runner_job.run(self)
            finally:
                project.end_token(self.token)
        self.runs.append(self.result)
        return self.result


class Pipeline:
    def __init__(self, project, ref, sha, tag=False, source="push", changed=None, target=None):
        """`changed`: paths, or None if GitLab cannot tell; `target`: of the merge request."""
        self.project, self.ref, self.sha, self.tag = project, ref, sha, tag
        self.id = next(NUMBERS)
        self.predefined = predefined(project, ref, sha, tag, source) | merge_request(project, ref, target)
        text = project.file(sha, ".gitlab-ci.yml")
        self.configuration = configuration.read(text, lambda path: project.file(sha, path))
        known = {name: ci.plain(value) for name, value in self.configuration.variables.items()}
        facts = selection.Facts(
            ref,
            ci.expand_all(self.predefined | known | project.variables),
            source,
            tag,
            changed,
            lambda base: project.changed_to(base, sha),
            project.files(sha),
            project.path,
        )
        self.workflow_variables = selection.workflow(self.configuration, facts)
        if self.workflow_variables is None:
            raise Refused("workflow")
        facts.variables |= self.workflow_variables
        self.jobs = {}
        for name, body in self.configuration.jobs.items():
            if body["stage"] not in self.configuration.stages:
                raise Refused(f"{name}: no stage {body['stage']}")
            own = facts.variables | {"CI_JOB_NAME": name, "CI_JOB_STAGE": body["stage"]}
            own_facts = copy.copy(facts)
            own_facts.variables = own
            chosen = selection.choose(body, own_facts, "rules" in self.configuration.workflow)
            if chosen:
                self.jobs[name] = Job(self, name, body, chosen)
        for job in self.jobs.values():
            missing = [
                need["job"] for need in job.needs or [] if need["job"] not in self.jobs and not need.get("optional")
            ]
            if missing:
                raise Refused(f"{job.name} needs {missing}, not in the pipeline")
            job.needs = (
                job.needs and [need for need in job.needs if need["job"] in self.jobs] if job.needs else job.needs
            )
        if not self.jobs:
            raise Refused("no jobs")
        for name in project.passed & self.jobs.keys():
            self.jobs[name].status = "success"
        self.held, self.changed = set(), threading.Condition()

    # ---- order

    def before(self, job):
        """The jobs that it waits for."""
        if job.needs is not None:
            return [self.jobs[need["job"]] for need in job.needs]
        stages = self.configuration.stages
        return [other for other in self.jobs.values() if stages.index(other.stage) < stages.index(job.stage)]

    def outcome(self, job):
        """Of what it waits for: success, failed, skipped, canceled, or None while that is not over."""
        ignored = [other for other in self.before(job) if other.status == "manual" and not other.blocking]
        if job.needs is not None and ignored:
            return "skipped"
        jobs = [other for other in self.before(job) if other not in ignored]
        if any(other.status not in DONE for other in jobs):
            return None
        statuses = ["success" if other.status == "failed" and other.allow_failure else other.status for other in jobs]
        if job.needs is not None and "skipped" in statuses:
            return "skipped"
        for status in ("canceled", "failed"):
            if status in statuses:
                return status
        return "success" if "success" in statuses or not statuses else "skipped"

    def admits(self, job, outcome):
        if job.when == "always":
            return outcome in ("success", "failed", "skipped")
        if job.when == "on_failure":
            return outcome == "failed"
        return outcome == "success" or (outcome == "skipped" and job.needs is None)

    # ---- running

    def run(self, hold=()):
        """Runs what can run; jobs in `hold` stay where they are. Returns itself."""
        self.held = set(hold)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            running = {}
            while True:
                for job in self.jobs.values():
                    if job.status != "created" or job.name in self.held:
                        continue
                    outcome = self.outcome(job)
                    if outcome is None:
                        continue
                    if self.admits(job, outcome):
                        job.status = "running"
                        running[pool.submit(job.run)] = job
                    else:
                        job.status = "canceled" if outcome == "canceled" else "skipped"
                        break  # others may depend on it
                else:
                    if not running:
                        return self
                    done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
                    for future in done:
                        job = running.pop(future)
                        result = future.result()
                        job.status = "canceled" if job.canceled else "failed" if result.status else "success"

    def release(self, *names):
        """Lets jobs go that were held back (all if none is named)."""
        return self.run(self.held - set(names) if names else ())

    def play(self, name):
        """Starts a manual job."""
        job = self.jobs[name]
        assert job.status == "manual", f"{name} is {job.status}"
        job.status, job.when = "created", "on_success"
        self.reset_skipped()
        return self.run(self.held)

    def to_stop(self):
        """(job that deployed, name of the job that stops its environment)"""
        for job in self.jobs.values():
            environment = job.body.get("environment")
            stop = environment.get("on_stop") if isinstance(environment, dict) else None
            if stop in self.jobs and job.status == "success":
                yield job, stop

    def stop(self, name):
        """Runs the job that stops an environment, whatever it waits for."""
        return self.play(name) if self.jobs[name].status == "manual" else self.retry(name)

    def retry(self, name):
        """The button beside a job: it runs again, then what was skipped for it (Ci::RetryJobService)."""
        job = self.jobs[name]
        job.status, job.canceled = "running", False
        result = job.run()
        job.status = "failed" if result.status else "success"
        self.reset_skipped()
        return self.run(self.held)

    def reset_skipped(self):
        """What was skipped is decided anew (Ci::AfterRequeueJobService)."""
        for other in self.jobs.values():
            if other.status == "skipped":
                other.status = "created"

    def cancel(self):
        for job in self.jobs.values():
            if job.status not in DONE:
                job.canceled = True
                if job.status == "running" and job.process:
                    job.process.kill()
                elif job.status != "running":
                    job.status = "canceled"

    @property
    def status(self):
        statuses = {job.status for job in self.jobs.values() if not (job.status == "failed" and job.allow_failure)}
        for status in ("created", "running", "failed", "canceled"):
            if status in statuses:
                return status
        if any(job.status == "manual" and job.blocking for job in self.jobs.values()):
            return "manual"
        return "success" if "success" in statuses else "skipped"

    def log(self, name):
        return self.jobs[name].result.output

    def statuses(self):
        return {name: job.status for name, job in self.jobs.items()}


def started(days_ago, zone):
    """When a job started, as GitLab writes it: in the time zone of its settings (gitlab-org/gitlab#337294)."""
    local = time.gmtime(time.time() - days_ago * 24 * 60 * 60 + zone * 60 * 60)
    return time.strftime("%Y-%m-%dT%H:%M:%S", local) + (f"{zone:+03}:00" if zone else "Z")


def predefined(project, ref, sha, tag, source):
    """What rules may ask too; the rest exists only within jobs."""
    gitlab = project.gitlab
    values = {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"https://{gitlab.host}/api/v4",
        "CI_COMMIT_BEFORE_SHA": "0" * 40,
        "CI_COMMIT_REF_NAME": ref,
        "CI_COMMIT_REF_PROTECTED": "true" if ref in project.protected else "false",
        "CI_COMMIT_REF_SLUG": ci.slug(ref),
        "CI_COMMIT_SHA": sha,
        "CI_COMMIT_SHORT_SHA": sha[:8],
        "CI_COMMIT_AUTHOR": project.git("show", "--no-patch", "--format=%an <%ae>", sha),
        "CI_COMMIT_MESSAGE": project.git("show", "--no-patch", "--format=%B", sha),
        "CI_COMMIT_TITLE": project.git("show", "--no-patch", "--format=%s", sha),
        "CI_COMMIT_TIMESTAMP": project.git("show", "--no-patch", "--format=%cI", sha),
        "CI_DEFAULT_BRANCH": project.default,
        "CI_PIPELINE_SOURCE": source,
        "CI_PROJECT_ID": str(100 + project.number),
        "CI_PROJECT_NAME": project.path.rpartition("/")[2],
        "CI_PROJECT_NAMESPACE": project.path.rpartition("/")[0],
        "CI_PROJECT_PATH": project.path,
        "CI_PROJECT_PATH_SLUG": ci.slug(project.path),
        "CI_PROJECT_URL": f"https://{gitlab.host}/{project.path}",
        "CI_REGISTRY": project.registry.host,
        # The registry knows small letters only (ContainerRegistry::Path).
        "CI_REGISTRY_IMAGE": f"{project.registry.host}/{project.path.lower()}",
        "CI_SERVER_HOST": gitlab.host,
        "CI_SERVER_URL": f"https://{gitlab.host}",
        "CI_SERVER_VERSION": "17.0.0",
    }
    if tag:
        values["CI_COMMIT_TAG"] = ref
    elif source != "merge_request_event":
        values["CI_COMMIT_BRANCH"] = ref
    return values


def merge_request(project, branch, target):
    """The variables of a merge request's pipeline; of a branch's pipeline, its open merge requests."""
    number = project.merge_requests.get(branch)
    if not number:
        return {}
    if not target:
        return {"CI_OPEN_MERGE_REQUESTS": f"{project.path}!{number}"}
    return {
        "CI_MERGE_REQUEST_EVENT_TYPE": "detached",
        "CI_MERGE_REQUEST_IID": str(number),
        "CI_MERGE_REQUEST_PROJECT_PATH": project.path,
        "CI_MERGE_REQUEST_REF_PATH": f"refs/merge-requests/{number}/head",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": branch,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": project.path,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": target,
        "CI_OPEN_MERGE_REQUESTS": f"{project.path}!{number}",
    }


def new_token():
    return "glcbt-" + secrets.token_urlsafe(20)
