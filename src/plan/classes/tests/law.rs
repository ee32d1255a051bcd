//! Whatever pipeline there is, its jobs are those of some class.

use std::collections::HashSet;

use proptest::prelude::*;

use super::generated::{pipeline, situation};
use super::{cases, config};
use crate::plan::classes::classes;
use crate::plan::{Plan, plan};

/// What becomes of the pipeline and of each job.
fn verdicts(plan: &Plan) -> Vec<String> {
    let jobs = plan.jobs.iter().map(|job| {
        let decided: Vec<_> = job
            .decision
            .possible
            .iter()
            .map(|one| (one.because, one.when))
            .collect();
        format!("{} {decided:?} {:?}", job.name, job.decision.raises)
    });
    [format!("{:?}", plan.created)]
        .into_iter()
        .chain(jobs)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(300)))]

    /// Pipelines outside of the classes do what a class does.
    #[test]
    fn every_pipeline_is_one_of_a_class(
        text in pipeline(),
        situations in prop::collection::vec(situation().no_shrink(), 40),
    ) {
        let Some(config) = config(&text) else {
            return Err(TestCaseError::reject("not a configuration"));
        };
        let classes = classes(&config, "main");
        prop_assume!(classes.is_complete());
        let known: HashSet<Vec<String>> =
            classes.situations.iter().map(|one| verdicts(&plan(&config, one))).collect();
        for situation in &situations {
            let own = verdicts(&plan(&config, situation));
            prop_assert!(
                known.contains(&own),
                "{}\n{:?}\n{:#?}\n{:#?}", text, situation, own,
                classes.situations.iter().map(ToString::to_string).collect::<Vec<_>>()
            );
        }
    }
}
