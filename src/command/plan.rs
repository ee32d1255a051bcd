//! `windlass plan`: which jobs run on a ref, and why.

use std::collections::BTreeSet;

use windlass::config::Config;
use windlass::finding::{Report, did_you_mean};
use windlass::plan::{self, Planned, Style};
use windlass::shown::Shown;

use super::configuration::{Asked, configuration, default_branch, notes, situations};
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
    let asked = situations(&root, &args.refs, configs)?;
    let planned = configs.plan_all(&asked.situations);
    report.join(notes(&planned));
    say_findings(&report, options);
    let style = Style {
        color: stdout_color(options),
    };
    let fails = |one: &Planned| one.plan.failures.iter().any(|failure| failure.certain);
    let fails = planned.iter().any(fails);
    print(&shown(configs.base(), planned, &asked, args, style)?)?;
    match fails {
        true => Ok(Verdict::Findings),
        false => Ok(Verdict::Clean),
    }
}

/// The plans as they were asked for.
fn shown(
    base: &Config,
    planned: Vec<Planned>,
    asked: &Asked,
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
        say_assumed(asked, &mut shown);
        return match all.is_empty() {
            true => Err(no_such_job(&planned, name)),
            false => Ok(shown),
        };
    }
    let is_one = !args.refs.all;
    if args.format == PlanFormat::Json {
        let mut json = match planned.as_slice() {
            [one] if is_one => plan::json(&one.config, &one.plan),
            all => plan::json_of_all(all, &asked.left_out),
        };
        plan::add_assumed(asked.assumed.as_deref(), &mut json);
        return Ok(Shown::of_json(&json));
    }
    let mut shown = match planned.as_slice() {
        [one] if is_one => plan::text(&one.config, &one.plan, style),
        _ => {
            let (config, plans) = plan::together(planned, base);
            plan::table(&config, &plans, &asked.left_out, style)
        }
    };
    say_assumed(asked, &mut shown);
    Ok(shown)
}

fn say_assumed(asked: &Asked, out: &mut Shown) {
    if let Some(name) = &asked.assumed {
        out.line(&plan::assumption(name));
    }
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
