//! `windlass graph`: the pipeline as a picture.

use windlass::graph::{Format, Graph};
use windlass::plan;
use windlass::shown::Shown;

use super::configuration::{configuration, default_branch, situations};
use super::output::{print, say_findings};
use super::project::root;
use super::{Failure, Verdict};
use crate::cli::{Graph as Args, GraphFormat, Options};

pub(super) fn run(options: &Options, args: &Args) -> Result<Verdict, Failure> {
    let root = root(options)?;
    let read = configuration(options, &root, args.file.as_deref())?;
    say_findings(&read.report, options);
    let Some(config) = read.config else {
        return read.refused();
    };
    let refs = &args.refs;
    let named = refs.branch.is_some()
        || refs.tag.is_some()
        || refs.merge_request.is_some()
        || refs.schedule.is_some();
    let graph = if named {
        let plans = plan::plan_all(&config, &situations(&root, refs, &config)?.0);
        plans.first().map(|plan| Graph::of_plan(&config, plan))
    } else {
        let default_branch = default_branch(&root, refs.default_branch.as_deref());
        let refs = plan::classes(&config, &default_branch).refs;
        Some(Graph::of_plans(&config, &plan::plan_all(&config, &refs)))
    };
    let format = match args.format {
        GraphFormat::Mermaid => Format::Mermaid,
        GraphFormat::Dot => Format::Dot,
        GraphFormat::Svg => Format::Svg,
    };
    print(&Shown::of_document(&graph.unwrap_or_default().draw(format)))?;
    Ok(Verdict::Clean)
}
