//! Whatever pipeline there is, its jobs are those of some class, or of what is like one and rare.

use std::collections::HashSet;

use proptest::prelude::*;

use super::generated::{include_rule, name, pipeline, situation};
use super::{cases, config};
use crate::config::{Repository, read_where};
use crate::files::Unread;
use crate::plan::classes::{Compared, classes, classes_of};
use crate::plan::{Configs, Plan, Ref, Situation, Truth, plan, with_rare};
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
        let classes = configs.classes(Some("main"));
        prop_assume!(classes.is_complete());
        let all = classes.situations.iter().flat_map(with_rare);
        let plans = all.map(|one| configs.plan(&one).plan);
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
        let all = classes.situations.iter().flat_map(with_rare);
        let known: HashSet<Vec<String>> = all.map(|one| verdicts(&plan(&config, &one))).collect();
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

/// Situations, each in a project of some default branch, which often is the ref's own; it is protected.
fn in_any_project() -> impl Strategy<Value = Situation> {
    (situation(), name(), 0..4_u8).prop_map(|(mut one, other, own)| {
        let default = match (&one.reference, own) {
            (Ref::MergeRequest { target, .. }, 0) => target.clone(),
            (_, 0 | 1) => one.ref_name().to_owned(),
            _ => other,
        };
        if one.reference == Ref::Branch(default.clone()) {
            one.protected = Some(true);
        }
        one.with_default_branch(default)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(300)))]

    /// The same where nobody knows what the default branch is called.
    #[test]
    fn every_pipeline_of_any_project_is_one_of_a_class(
        text in pipeline(),
        situations in prop::collection::vec(in_any_project().no_shrink(), 40),
    ) {
        let Some(config) = config(&text) else {
            return Err(TestCaseError::reject("not a configuration"));
        };
        let classes = classes_of(&Compared::of(&config), None, config.decisions());
        prop_assume!(classes.is_complete());
        let all = classes.situations.iter().flat_map(with_rare);
        let known: HashSet<Vec<String>> = all.map(|one| verdicts(&plan(&config, &one))).collect();
        for situation in &situations {
            let own = verdicts(&plan(&config, situation));
            prop_assert!(
                known.contains(&own),
                "{}\n{:?}\n{:#?}\n{:#?}", text, situation, own,
                classes.situations.iter().map(|one| format!("{one} {:?}", one.default_branch)).collect::<Vec<_>>()
            );
        }
    }

    /// What one push makes, of the branch and of the merge request from it, it makes in a class.
    #[test]
    fn both_pipelines_of_a_push_are_those_of_a_class(
        text in pipeline(),
        situations in prop::collection::vec(in_any_project().no_shrink(), 60),
    ) {
        let Some(config) = config(&text) else {
            return Err(TestCaseError::reject("not a configuration"));
        };
        let mut compared = Compared::of(&config);
        compared.pair_all();
        let classes = classes_of(&compared, None, config.decisions());
        prop_assume!(classes.is_complete());
        let both = |one: &Situation| match &one.reference {
            Ref::MergeRequest { source, .. } => {
                let both = [one.clone(), one.pushed_to(source)];
                Some(both.map(|one| jobs(&plan(&config, &one))))
            }
            Ref::Branch(_) | Ref::Tag(_) => None,
        };
        let known: HashSet<_> = classes.situations.iter().filter_map(both).collect();
        for situation in &situations {
            let Some(own) = both(situation) else { continue };
            prop_assert!(
                known.contains(&own),
                "{}\n{:?}\n{:#?}\n{:#?}", text, situation, own,
                classes.situations.iter().map(|one| format!("{one} {:?}", one.default_branch)).collect::<Vec<_>>()
            );
        }
    }
}
