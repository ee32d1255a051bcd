//! `windlass plan`: which jobs run on a ref, and why.

use windlass::config::Config;
use windlass::finding::{Report, did_you_mean};
use windlass::plan::{self, LeftOut, Style};
use windlass::shown::Shown;

use super::configuration::{configuration, default_branch, situations};
use super::output::{print, say_findings, stdout_color};
use super::project::root;
use super::{Failure, Verdict};
use crate::cli::{Options, Plan, PlanFormat};

pub(super) fn run(options: &Options, args: &Plan) -> Result<Verdict, Failure> {
    let root = root(options)?;
    let mut read = configuration(options, &root, args.file.as_deref())?;
    if let (Some(config), Some(_)) = (&read.config, &args.file) {
        // Of the manifest's pipeline the proof says this.
        let default_branch = default_branch(&root, args.refs.default_branch.as_deref());
        let classes = plan::classes(config, &default_branch);
        let impossible = plan::impossible(config, &classes);
        read.report.join(Report::of(&config.sources, impossible));
    }
    say_findings(&read.report, options);
    let Some(config) = read.config else {
        return read.refused();
    };
    let (situations, left_out) = situations(&root, &args.refs, &config)?;
    let plans = plan::plan_all(&config, &situations);
    let style = Style {
        color: stdout_color(options),
    };
    print(&shown(&config, &plans, &left_out, args, style)?)?;
    let fails = |plan: &plan::Plan| plan.failures.iter().any(|failure| failure.certain);
    match plans.iter().any(fails) {
        true => Ok(Verdict::Findings),
        false => Ok(Verdict::Clean),
    }
}

/// The plans as they were asked for.
fn shown(
    config: &Config,
    plans: &[plan::Plan],
    left_out: &[LeftOut],
    args: &Plan,
    style: Style,
) -> Result<Shown, Failure> {
    if let Some(name) = &args.why {
        let why = |plan: &plan::Plan| {
            let jobs = plan.jobs.iter();
            let asked = jobs.filter(|job| is_asked(config, job.index, name));
            asked
                .map(|job| plan::why(config, plan, job, style))
                .collect::<Vec<_>>()
        };
        let all: Vec<Shown> = plans.iter().flat_map(why).collect();
        let mut shown = Shown::default();
        for (at, one) in all.iter().enumerate() {
            if at > 0 {
                shown.line("");
            }
            shown.append(one);
        }
        return match all.is_empty() {
            true => Err(no_such_job(config, name)),
            false => Ok(shown),
        };
    }
    Ok(match (args.format, plans) {
        (PlanFormat::Json, [one]) if !args.refs.all => Shown::of_json(&plan::json(config, one)),
        (PlanFormat::Json, all) => Shown::of_json(&plan::json_of_all(config, all, left_out)),
        (PlanFormat::Text, [one]) if !args.refs.all => plan::text(config, one, style),
        (PlanFormat::Text, all) => plan::table(config, all, left_out, style),
    })
}

/// Whether a job is the one of a name, or one of its copies.
fn is_asked(config: &Config, index: usize, name: &str) -> bool {
    let job = config.jobs.get(index);
    job.is_some_and(|job| job.name == name || job.key == name)
}

fn no_such_job(config: &Config, name: &str) -> Failure {
    let names = config.jobs.iter().map(|job| job.key.as_str());
    let meant = match did_you_mean(name, names) {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => String::new(),
    };
    Failure::usage(&format!("there is no job `{name}`{meant}"))
}
