//! The examples of the pages in `docs/findings/`: the first raises the code, the second does not
//! and compiles.

use windlass::check::Files;
use windlass::config::Repository;
use windlass::files::Unread;
use windlass::finding::{Code, Finding};
use windlass::source::Source;

use crate::{Everything, codes, in_manifests, pipeline_report, report, shown};

/// A project with the one Dockerfile that the page of `missing-file` ends with.
struct Fixed;

impl Files for Fixed {
    fn applied(&self, _: &str) -> Option<Vec<Source>> {
        let text = "spec: {rules: [{host: '${HOST}'}]}\n# ${IMAGE_APP}\n";
        Some(vec![Source::new("k8s/ingress.yml", text)])
    }

    fn exists(&self, path: &str) -> bool {
        ["docker/app/Dockerfile", "Dockerfile", "k8s/"].contains(&path)
    }
}

/// A repository that has every file that a page includes, or starts a child pipeline with.
impl Repository for Fixed {
    fn read(&self, path: &str) -> Result<String, Unread> {
        Ok(match path {
            "child.yml" => "deploy: {script: x, resource_group: production}\n".to_owned(),
            _ => ".included: {script: x}\n".to_owned(),
        })
    }

    fn paths(&self) -> Option<Vec<String>> {
        None
    }
}

/// A project whose folder `k8s` has a Job beside a claim.
struct Migrated;

impl Files for Migrated {
    fn exists(&self, _: &str) -> bool {
        true
    }

    fn applied(&self, path: &str) -> Option<Vec<Source>> {
        let job = Source::new(
            "k8s/migrate.yml",
            "{apiVersion: batch/v1, kind: Job, metadata: {name: migrate}}\n",
        );
        let claim = Source::new("k8s/claim.yml", "kind: PersistentVolumeClaim\n");
        Some(match path {
            "k8s/migrate.yml" => vec![job],
            _ => vec![claim, job],
        })
    }
}

/// A project whose included files all set `needs` of one job.
struct Shared;

impl Files for Shared {
    fn exists(&self, _: &str) -> bool {
        true
    }

    fn repository(&self) -> &dyn Repository {
        self
    }
}

impl Repository for Shared {
    fn read(&self, _: &str) -> Result<String, Unread> {
        Ok("unit: {needs: []}\n".to_owned())
    }

    fn paths(&self) -> Option<Vec<String>> {
        None
    }
}

/// A project with one service.
struct Service;

impl Files for Service {
    fn exists(&self, path: &str) -> bool {
        path.starts_with("services")
    }

    fn repository(&self) -> &dyn Repository {
        self
    }
}

impl Repository for Service {
    fn read(&self, _: &str) -> Result<String, Unread> {
        Err(Unread::Absent)
    }

    fn paths(&self) -> Option<Vec<String>> {
        Some(vec!["services/api/Dockerfile".to_owned()])
    }
}

/// The YAML blocks of a page.
fn examples(page: &str) -> Vec<String> {
    let mut lines = page.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if line == "```yaml" {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push(body.join("\n") + "\n");
        }
    }
    found
}

#[test]
fn the_first_example_raises_the_code_and_the_second_is_fixed() {
    for code in in_manifests() {
        let files: &dyn Files = match code {
            Code::MissingFile | Code::Unsubstituted => &Fixed,
            Code::NotOneJob => &Migrated,
            Code::ChangedByInclude => &Shared,
            Code::UnmatchedGlob => &Service,
            _ => &Everything,
        };
        let examples = examples(code.page());
        let [before, after] = examples.as_slice() else {
            panic!("{code}: {} examples", examples.len());
        };
        let report = |text: &str| match text.starts_with("windlass: ") {
            true => report(text, files),
            false => pipeline_report(code, text, &Fixed),
        };
        let found = report(before);
        assert!(codes(&found).contains(&code), "{code}:\n{}", shown(&found));
        // What an include leaves open is said of each.
        let open =
            |found: &Finding| code != Code::UnreadInclude && found.code == Code::UnreadInclude;
        let found = report(after).filtered(|found| !open(found));
        assert!(found.is_empty(), "{code}, fixed:\n{}", shown(&found));
    }
}
