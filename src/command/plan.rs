//! `windlass plan`: which jobs run on a ref, and why.

use std::collections::BTreeSet;

use windlass::config::Config;
use windlass::finding::{Report, did_you_mean};
use windlass::plan::{self, LeftOut, Planned, Style};
use windlass::shown::Shown;

use super::configuration::{configuration, default_branch, notes, situations};
use super::output::{print, say_findings, stdout_color};
use super::project::root;
use super::{Failure, Verdict};
use crate::cli::{Options, Plan, PlanFormat};

pub(super) fn run(options: &Options, args: &Plan) -> Result<Verdict, Failure> {
    let root = root(options)?;
    let read = configuration(options, &root, args.file.as_deref())?;
    let mut report = read.report.clone();
    let Some(configs) = &read.configs else {
        say_findings(&report, options);
        return read.refused();
    };
    if args.file.is_some() {
        // Of the manifest's pipeline the proof says this.
        let default_branch = default_branch(&root, args.refs.default_branch.as_deref());
        let every = configs.every(Some(&default_branch));
        let classes = every.classes_of(every.compared(), Some(&default_branch));
        let impossible = plan::impossible(configs, &every, &classes);
        report.join(Report::of(&every.whole().sources, impossible));
    }
    let (situations, left_out) = situations(&root, &args.refs, configs)?;
    let planned = configs.plan_all(&situations);
    report.join(notes(&planned));
    say_findings(&report, options);
    let style = Style {
        color: stdout_color(options),
    };
    let fails = |one: &Planned| one.plan.failures.iter().any(|failure| failure.certain);
    let fails = planned.iter().any(fails);
    print(&shown(configs.base(), planned, &left_out, args, style)?)?;
    match fails {
        true => Ok(Verdict::Findings),
        false => Ok(Verdict::Clean),
    }
}

/// The plans as they were asked for.
fn shown(
    base: &Config,
    planned: Vec<Planned>,
    left_out: &[LeftOut],
    args: &Plan,
    style: Style,
) -> Result<Shown, Failure> {
    if let Some(name) = &args.why {
        let why = |Planned { config, plan, .. }: &Planned| {
            let jobs = plan.jobs.iter();
            let asked = jobs.filter(|job| is_asked(config, job.index, name));
            asked
                .map(|job| plan::why(config, plan, job, style))
                .collect::<Vec<_>>()
        };
        let all: Vec<Shown> = planned.iter().flat_map(why).collect();
        let mut shown = Shown::default();
        for (at, one) in all.iter().enumerate() {
            if at > 0 {
                shown.line("");
            }
            shown.append(one);
        }
        return match all.is_empty() {
            true => Err(no_such_job(&planned, name)),
            false => Ok(shown),
        };
    }
    let json = |one: &Planned| plan::json(&one.config, &one.plan);
    Ok(match (args.format, planned.as_slice()) {
        (PlanFormat::Json, [one]) if !args.refs.all => Shown::of_json(&json(one)),
        (PlanFormat::Json, all) => Shown::of_json(&plan::json_of_all(all, left_out)),
        (PlanFormat::Text, [one]) if !args.refs.all => plan::text(&one.config, &one.plan, style),
        (PlanFormat::Text, _) => {
            let (config, plans) = plan::together(planned, base);
            plan::table(&config, &plans, left_out, style)
        }
    })
}

/// Whether a job is the one of a name, or one of its copies.
fn is_asked(config: &Config, index: usize, name: &str) -> bool {
    let job = config.jobs.get(index);
    job.is_some_and(|job| job.name == name || job.key == name)
}

fn no_such_job(planned: &[Planned], name: &str) -> Failure {
    let jobs = planned.iter().flat_map(|one| &one.config.jobs);
    let names: BTreeSet<&str> = jobs.map(|job| job.key.as_str()).collect();
    let meant = match did_you_mean(name, names) {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => String::new(),
    };
    Failure::usage(&format!("there is no job `{name}`{meant}"))
}
