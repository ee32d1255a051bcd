//! From plans to what is drawn.

use std::collections::HashMap;

use super::{Environment, Graph, Need, Node, Stage, Start, Started};
use crate::config::{Action, Config, Job, Repository, When, child};
use crate::plan::{Chosen, Plan, PlannedJob, Presence};

impl Graph {
    /// The pipeline of one ref. Jobs that may be in it or not are drawn as conditional.
    pub fn of_plan(config: &Config, plan: &Plan) -> Self {
        Self::drawn(config, plan.situation.to_string(), |index| {
            let job = plan.within_at(index)?;
            let chosen = job.unchanged().within().next()?;
            Some((job.presence() == Presence::Maybe, chosen.clone()))
        })
    }

    /// All jobs of all kinds of refs; those that are not on every one are conditional.
    pub fn of_plans(config: &Config, plans: &[Plan]) -> Self {
        let created: Vec<&Plan> = plans
            .iter()
            .filter(|plan| plan.within().next().is_some())
            .collect();
        Self::drawn(config, "all refs".to_owned(), |index| {
            let found: Vec<&PlannedJob> = created
                .iter()
                .filter_map(|plan| plan.within_at(index))
                .collect();
            let everywhere = found.len() == created.len()
                && found.iter().all(|job| job.presence() == Presence::In);
            let chosen = found
                .iter()
                .find_map(|job| job.unchanged().within().next())?;
            Some((!everywhere, chosen.clone()))
        })
    }

    /// The same with the pipelines that its jobs start, behind all stages.
    #[must_use]
    pub fn with_started(mut self, config: &Config, repository: &dyn Repository) -> Self {
        let known = config.jobs.iter().filter(|job| job.is_trigger);
        let known: HashMap<&str, &Job> = known.map(|job| (job.name.as_str(), job)).collect();
        let jobs = self.stages.iter().flat_map(|stage| &stage.jobs);
        let jobs = jobs.filter_map(|node| Some((node, known.get(node.name.as_str())?)));
        let started: Vec<Node> = jobs
            .filter_map(|(node, job)| {
                let pipeline = child::started(job)?;
                let inner = pipeline.whole(config, repository);
                let names = |config: Config| config.jobs.into_iter().map(|job| job.name).collect();
                let by = Need {
                    job: node.name.clone(),
                    optional: false,
                };
                Some(Node {
                    conditional: node.conditional,
                    needs: Some(vec![by]),
                    started: Some(Started {
                        is_child: pipeline.is_child(),
                        jobs: inner.map(names),
                    }),
                    name: pipeline.name,
                    ..Node::default()
                })
            })
            .collect();
        if !started.is_empty() {
            self.stages.push(Stage {
                name: "started pipelines".to_owned(),
                jobs: started,
            });
        }
        self
    }

    fn drawn(
        config: &Config,
        title: String,
        chosen: impl Fn(usize) -> Option<(bool, Chosen)>,
    ) -> Self {
        let mut stages: Vec<Stage> = config
            .stages
            .iter()
            .map(|stage| Stage {
                name: stage.value.clone(),
                jobs: Vec::new(),
            })
            .collect();
        for (index, job) in config.jobs.iter().enumerate() {
            let Some((conditional, chosen)) = chosen(index) else {
                continue;
            };
            let stage = config.stage_index(&job.stage);
            if let Some(stage) = stage.and_then(|at| stages.get_mut(at)) {
                stage.jobs.push(node(job, conditional, &chosen));
            }
        }
        stages.retain(|stage| !stage.jobs.is_empty());
        Self { title, stages }
    }
}

fn node(job: &Job, conditional: bool, chosen: &Chosen) -> Node {
    let environment = job
        .environment
        .as_ref()
        .filter(|environment| matches!(environment.action, Action::Start | Action::Stop));
    Node {
        name: job.name.clone(),
        start: match chosen.when {
            When::OnSuccess | When::Never => Start::OnSuccess,
            When::OnFailure => Start::OnFailure,
            When::Always => Start::Always,
            When::Manual => Start::Manual,
            When::Delayed => Start::Delayed(chosen.start_in.clone().unwrap_or_default()),
        },
        conditional,
        // A manual job that blocks nothing is the usual one; that it may fail is no news.
        may_fail: chosen.allow_failure && chosen.when != When::Manual,
        environment: environment.map(|environment| Environment {
            name: environment.name.clone(),
            stops: environment.action == Action::Stop,
        }),
        needs: chosen.needs.as_ref().map(|needs| {
            let here = needs.iter().filter(|need| !need.elsewhere);
            here.map(|need| Need {
                job: need.job.clone(),
                optional: need.optional,
            })
            .collect()
        }),
        started: None,
    }
}
