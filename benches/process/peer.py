"""The reference project's seven jobs in the Python API of gcip, to be compared in time.

gcip has no images, retentions or deployments: the commands are the caller's, so they are short here.
"""

from gcip import Cache, Environment, Image, Job, Pipeline, Rule, Service

DOCKER = "docker:29.1.3-cli"
CURL = "curlimages/curl:8.16.0"
KUBECTL = "alpine/kubectl:1.34.1"
LOGIN = 'printf \'%s\' "$CI_REGISTRY_PASSWORD" | docker login --username "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"'


def deployable() -> list[Rule]:
    return [
        Rule(if_statement='$CI_COMMIT_BRANCH == "master"'),
        Rule(if_statement='$CI_COMMIT_BRANCH == "an-other-deployable-branch"'),
    ]


def docker_job(stage: str, name: str, script: list[str]) -> Job:
    job = Job(stage=stage, name=name, script=[LOGIN, *script], image=Image(DOCKER))
    job.add_variables(
        DOCKER_HOST="tcp://docker:2376",
        DOCKER_TLS_CERTDIR="/certs",
        DOCKER_TLS_VERIFY="1",
        DOCKER_CERT_PATH="/certs/client",
    )
    return job


def build(stage: str, image: str, dockerfile: str) -> Job:
    command = (
        f"docker buildx build --file {dockerfile} --tag $CI_REGISTRY_IMAGE/{image}:$CI_COMMIT_SHA "
        f"--cache-from type=registry,ref=$CI_REGISTRY_IMAGE/{image}:cache "
        f"--cache-to type=registry,ref=$CI_REGISTRY_IMAGE/{image}:cache,mode=max --push ."
    )
    return docker_job(stage, image, ["docker buildx create --use --name job", command])


def compose(name: str, script: str) -> Job:
    run = f"docker compose run --rm --no-deps php {script}"
    return docker_job("test", name, ["docker compose pull --quiet", run])


def cleanup(image: str, script: str) -> Job:
    return Job(stage="cleanup", name=image, script=script, image=Image(CURL, entrypoint=[""]))


pipeline = Pipeline()
pipeline.add_services(Service("docker:29.1.3-dind"))
pipeline.add_children(build("build", "php-ci", "docker/development/php-ci/Dockerfile"))
pipeline.add_children(compose("test-coverage", "vendor/bin/phing ci"))
pipeline.add_children(compose("phpstan", "phing phpstan_check"))
php = build("build-prod", "php", "docker/production/php/Dockerfile")
php.append_rules(*deployable())
php.set_cache(Cache(paths=["node_modules/"]))
pipeline.add_children(php)
deploy = Job(
    stage="deploy",
    name="prod",
    image=Image(KUBECTL, entrypoint=[""]),
    script=[
        "kubectl config use-context facile/infrastructure:production",
        "kubectl set image deployment/my-project php-container=$CI_REGISTRY_IMAGE/php:$CI_COMMIT_SHA",
        "kubectl rollout status deployment/my-project --timeout=5m",
    ],
)
deploy.append_rules(*deployable())
deploy.set_environment(Environment("prod", url="https://my-project.facile.it/"))
pipeline.add_children(deploy)
always = cleanup("php-ci", 'regctl tag delete "$CI_REGISTRY_IMAGE/php-ci:$CI_PIPELINE_ID"')
pipeline.add_children(always)
newest = cleanup("php", 'all_but_newest 3 | delete')
newest.append_rules(*deployable())
pipeline.add_children(newest)
pipeline.write_yaml("/dev/stdout")
