//! `migrate`: one Job runs to its end, in place of the one of an earlier deployment, and nothing else is deleted.

use crate::Cluster;
use crate::installed;
use crate::job::{Job, SHELLS};

pub(crate) const SUBSTITUTED: &str = "migrate: {file: migrate.yml, envsubst: [IMAGE_APP], timeout: 3s}, deploy: {script: echo released}";
pub(crate) const PLAIN: &str =
    "migrate: {file: migrate.yml, timeout: 3s}, deploy: {script: echo released}";

const CLAIM: &str =
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {}\n";

/// A Job with an image. The cluster goes by its name.
fn migration(name: &str, image: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{{name}}}\nspec:\n  template:\n    spec: {{restartPolicy: Never, containers: [{{name: main, image: '{image}'}}]}}\n"
    )
}

/// The job, whose kubectl notes its arguments.
fn job(environment: &str, file: &str) -> Job {
    let kubectl = installed("kubectl");
    let program = format!(
        "#!/bin/sh\necho \"$*\" >> \"$HOME/calls\"\nexec {} \"$@\"\n",
        kubectl.display()
    );
    Job::new(environment)
        .built()
        .program("kubectl", &program)
        .file("migrate.yml", file)
}

fn calls(job: &Job) -> String {
    std::fs::read_to_string(job.folder.path().join("calls")).unwrap_or_default()
}

/// Somebody has applied this before.
#[track_caller]
fn applied(cluster: &Cluster, manifests: &str) {
    let job = Job::new("deploy: {apply: {files: [all.yml]}}, rollout: {undo: false}");
    let job = job.built().file("all.yml", manifests);
    let (ok, said) = job.run("dash", &cluster.kubeconfig());
    assert!(ok, "{said}");
}

#[test]
fn the_job_runs_to_its_end_each_time() {
    for shell in SHELLS {
        let cluster = Cluster::start();
        for time in ["first", "second"] {
            let file = migration("name: migrate", "${IMAGE_APP}");
            let job = job(SUBSTITUTED, &file);
            let (ok, said) = job.run(shell, &cluster.kubeconfig());
            assert!(ok && said.contains("released\n"), "{shell}, {time}: {said}");
            let template = &cluster.store()["shop/jobs/migrate"]["spec"]["template"];
            let image = &template["spec"]["containers"][0]["image"];
            assert_eq!(image, "r.example/p/app@sha256:aa", "{shell}, {time}");
        }
    }
}

#[test]
fn what_is_not_one_job_deletes_nothing() {
    let one = migration("name: migrate", "r.example/p/new");
    let files = [
        format!("{one}---\n{CLAIM}"),
        CLAIM.to_owned(),
        format!("{one}---\n{}", one.replace("migrate", "other")),
        one.replace("name: migrate", "generateName: migrate-"),
        "# nothing\n".to_owned(),
    ];
    for shell in SHELLS {
        let cluster = Cluster::start();
        let old = migration("name: migrate", "r.example/p/old");
        applied(&cluster, &format!("{old}---\n{CLAIM}"));
        let before = cluster.store();
        for file in &files {
            let job = job(PLAIN, file);
            let (ok, said) = job.run(shell, &cluster.kubeconfig());
            assert!(
                !ok && !said.contains("released\n"),
                "{shell}: {said}\n{file}"
            );
            assert!(!calls(&job).contains("delete"), "{shell}: {}", calls(&job));
            assert_eq!(cluster.store(), before, "{shell}: {said}\n{file}");
        }
        // A folder, which stands where the file was.
        let job = job(PLAIN, "");
        let path = job.folder.path().join("migrate.yml");
        std::fs::remove_file(&path).unwrap();
        job.write("migrate.yml/claim.yml", CLAIM);
        job.write("migrate.yml/job.yml", &one);
        let (ok, said) = job.run(shell, &cluster.kubeconfig());
        assert!(!ok && !said.contains("released\n"), "{shell}: {said}");
        assert_eq!(cluster.store(), before, "{shell}: {said}");
    }
}

#[test]
fn a_job_that_takes_too_long_is_deleted_with_its_pods() {
    for shell in SHELLS {
        let cluster = Cluster::start();
        let file = migration("name: migrate, namespace: other", "r.example/p/endless");
        let job = job(PLAIN, &file);
        let (ok, said) = job.run(shell, &cluster.kubeconfig());
        assert!(
            !ok && said.contains("nothing is deployed"),
            "{shell}: {said}"
        );
        assert!(
            cluster.store()["other/jobs/migrate"].is_null(),
            "{shell}: {said}"
        );
        let calls = calls(&job);
        let logs = "--namespace other logs job.batch/migrate";
        let delete =
            "--namespace other delete job.batch/migrate --ignore-not-found --cascade=foreground";
        let (_, end) = calls
            .split_once(logs)
            .unwrap_or_else(|| panic!("{shell}: {calls}"));
        assert!(end.contains(delete), "{shell}: {calls}");
    }
}

#[test]
fn a_job_that_fails_stays_and_nothing_is_deployed() {
    for shell in SHELLS {
        let cluster = Cluster::start();
        let job = job(PLAIN, &migration("name: migrate", "r.example/p/broken"));
        let (ok, said) = job.run(shell, &cluster.kubeconfig());
        assert!(!ok && !said.contains("released\n"), "{shell}: {said}");
        assert!(
            !cluster.store()["shop/jobs/migrate"].is_null(),
            "{shell}: {said}"
        );
    }
}

/// What cannot be asked is asked again, but not without pause.
#[test]
fn a_cluster_that_does_not_answer_is_asked_now_and_then() {
    let failing = "#!/bin/sh\necho \"$*\" >> \"$HOME/calls\"\ncase $* in\n*get*) exit 1 ;;\n\
                   create*) echo 'batch/v1/Job shop migrate' ;;\nesac\n";
    for shell in SHELLS {
        let job = Job::new(PLAIN)
            .built()
            .program("kubectl", failing)
            .file("migrate.yml", "");
        let (ok, said) = job.run(shell, "");
        assert!(!ok, "{shell}: {said}");
        let asked = calls(&job).matches(" get ").count();
        assert!((1..4).contains(&asked), "{shell}: {asked} times");
    }
}
