//! `windlass graph`: the pipeline as a picture.

use windlass::graph::{Format, Graph};
use windlass::plan;
use windlass::shown::Shown;

use super::configuration::{configuration, default_branch, notes, situations};
use super::output::{print, say_findings};
use super::project::root;
use super::{Failure, Verdict};
use crate::cli::{Graph as Args, GraphFormat, Options};

pub(super) fn run(options: &Options, args: &Args) -> Result<Verdict, Failure> {
    let root = root(options)?;
    let read = configuration(options, &root, args.file.as_deref())?;
    let mut report = read.report.clone();
    let Some(configs) = &read.configs else {
        say_findings(&report, options);
        return read.refused();
    };
    let refs = &args.refs;
    let named = refs.branch.is_some()
        || refs.tag.is_some()
        || refs.merge_request.is_some()
        || refs.schedule.is_some();
    let situations = if named {
        situations(&root, refs, configs)?.0
    } else {
        let default_branch = default_branch(&root, refs.default_branch.as_deref());
        configs.classes(&default_branch).refs
    };
    let planned = configs.plan_all(&situations);
    report.join(notes(&planned));
    say_findings(&report, options);
    let graph = match planned.first().filter(|_| named) {
        Some(one) => Graph::of_plan(&one.config, &one.plan),
        None => {
            let (config, plans) = plan::together(planned, configs.base());
            Graph::of_plans(&config, &plans)
        }
    };
    let format = match args.format {
        GraphFormat::Mermaid => Format::Mermaid,
        GraphFormat::Dot => Format::Dot,
        GraphFormat::Svg => Format::Svg,
    };
    print(&Shown::of_document(&graph.draw(format)))?;
    Ok(Verdict::Clean)
}
