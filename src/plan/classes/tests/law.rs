//! Whatever pipeline there is, its jobs are those of some class.

use std::collections::HashSet;

use proptest::prelude::*;

use super::generated::{include_rule, pipeline, situation};
use super::{cases, config};
use crate::config::{Repository, read_where};
use crate::files::Unread;
use crate::plan::classes::classes;
use crate::plan::{Configs, Plan, Truth, plan};
use crate::source::Source;

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

/// Two files to include.
struct Two([String; 2]);

impl Repository for Two {
    fn read(&self, path: &str) -> Result<String, Unread> {
        let [one, two] = &self.0;
        match path {
            "one.yml" => Ok(one.clone()),
            "two.yml" => Ok(two.clone()),
            _ => Err(Unread::Absent),
        }
    }

    fn paths(&self) -> Option<Vec<String>> {
        Some(vec!["one.yml".to_owned(), "two.yml".to_owned()])
    }
}

/// The jobs that are in a pipeline; nothing of one that GitLab refuses.
fn jobs(plan: &Plan) -> Vec<String> {
    let mut jobs = vec![format!("{:?}", plan.created)];
    if plan.created != Truth::False {
        let all = plan
            .jobs
            .iter()
            .map(|job| format!("{} {:?}", job.name, job.presence()));
        jobs.extend(all.filter(|job| !job.ends_with("Out")));
    }
    jobs.sort();
    jobs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(60)))]

    /// The same where files are included in some pipelines, which define the same jobs.
    #[test]
    fn every_pipeline_with_includes_is_one_of_a_class(
        [one, two, own] in [pipeline(), pipeline(), pipeline()],
        [first, second] in [include_rule(), include_rule()],
        situations in prop::collection::vec(situation().no_shrink(), 40),
    ) {
        let own = own.replace("j0:", "own:");
        let text = format!(
            "include: [{{local: one.yml, rules: [{first}]}}, {{local: two.yml, rules: [{second}]}}]\n{own}"
        );
        let files = Two([one.clone(), two.clone()]);
        let read = |given: &dyn crate::config::Given| {
            read_where(Source::new("ci.yml", text.clone()), &files, given)
        };
        let Ok(configs) = Configs::new(read) else {
            return Err(TestCaseError::reject("not a configuration"));
        };
        let classes = configs.classes("main");
        prop_assume!(classes.is_complete());
        let plans = classes.situations.iter().map(|one| configs.plan(one).plan);
        let known: HashSet<Vec<String>> = plans.map(|plan| jobs(&plan)).collect();
        for situation in &situations {
            let own = jobs(&configs.plan(situation).plan);
            prop_assert!(
                known.contains(&own),
                "{text}\none.yml:\n{one}\ntwo.yml:\n{two}\n{situation:?}\n{own:#?}\n{:#?}",
                classes.situations.iter().map(ToString::to_string).collect::<Vec<_>>()
            );
        }
    }
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
