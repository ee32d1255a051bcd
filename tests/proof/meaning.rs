//! Where jobs run is what the manifest's ref sets say: of any sets, for any target, no manifest
//! brings the proof to call windlass itself wrong.

use proptest::prelude::*;

use std::collections::BTreeSet;

use windlass::config::{Config, of_pipeline};
use windlass::finding::Code;
use windlass::plan::{Situation, plan};
use windlass::source::Source;

use crate::compiled;
use crate::sets::{made, manifest};

/// The jobs that are surely in the pipeline of a situation.
fn jobs(config: &Config, mut on: Situation) -> BTreeSet<String> {
    on.closed = true;
    on.protected = Some(true);
    let plan = plan(config, &on.with_default_branch("main"));
    plan.within().map(|job| job.name.clone()).collect()
}

/// The jobs of a push that no pipeline has any more while a merge request from the branch is open.
fn lost(config: &Config) -> BTreeSet<String> {
    let mut lost = BTreeSet::new();
    for source in ["main", "dev", "topic", "release-1"] {
        let open = Situation {
            open_merge_request: Some(true),
            ..Situation::branch(source)
        };
        let request = Situation::merge_request(source, "other");
        let instead: BTreeSet<String> = [open, request]
            .into_iter()
            .flat_map(|on| jobs(config, on))
            .collect();
        let own = jobs(config, Situation::branch(source));
        lost.extend(own.difference(&instead).cloned());
    }
    lost
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("WINDLASS_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(150),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_manifest_contradicts_what_is_made_of_it(made in made()) {
        compiled(&manifest(&made));
    }
    /// A push to a branch with an open merge request has the jobs of any push to it, in one pipeline or
    /// the other, or what is lost is told.
    #[test]
    fn an_open_merge_request_takes_no_job_away_in_silence(made in made()) {
        let text = manifest(&made);
        let compiled = compiled(&text);
        let source = Source::new("windlass.yml", text.as_str());
        let read = compiled.lowered.as_ref().map(|lowered| of_pipeline(&lowered.pipeline, &source));
        if let Some(Ok(config)) = read {
            let lost = lost(&config);
            let found = compiled.report.sorted();
            let told = found.iter().any(|one| one.code == Code::BranchJobMissing);
            prop_assert!(lost.is_empty() || told, "{lost:?}\n{text}\n{found:#?}");
        }
    }
}

/// Merge requests that no pipeline is created for are no reason to leave out a push.
#[test]
fn a_set_that_holds_no_merge_request_takes_no_push_away() {
    for set in [
        "{branches: ['/^x/'], merge_requests: {source: '/^x/'}, sources: [push]}",
        "{of: [branches, merge_requests], except: [merge_requests]}",
        "{of: [branches, merge_requests], if: $CI_COMMIT_BRANCH}",
        "{of: [branches, merge_requests], sources: [schedule, web]}",
    ] {
        let text = format!(
            "windlass: 1\nrefs: {{own: {set}}}\ntests:\n  unit: {{image: 'alpine:3', refs: [own, branches], script: x}}\n"
        );
        let compiled = compiled(&text);
        assert!(compiled.files.is_some(), "{:#?}", compiled.report.sorted());
        let source = Source::new("windlass.yml", text.as_str());
        let config = of_pipeline(&compiled.lowered.unwrap().pipeline, &source).unwrap();
        assert_eq!(lost(&config), BTreeSet::new(), "{text}");
    }
}
