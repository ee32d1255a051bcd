//! `windlass graph`: the pipeline as a picture.

use windlass::files::DEFAULT_MANIFEST;
use windlass::graph::{Format, Graph, Page, View};
use windlass::plan::{self, LeftOut, Planned};
use windlass::shown::Shown;

use super::configuration::{Folder, assumed, configuration, default_branch, notes, situations};
use super::output::{note, print, say_findings};
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
    let is_page = args.format == GraphFormat::Html;
    let (situations, missing) = if named {
        (situations(&root, refs, configs)?.situations, Vec::new())
    } else {
        let default_branch = default_branch(&root, refs.default_branch.as_deref());
        let classes = configs.classes(Some(&default_branch));
        let missing = classes.left_out.iter().map(LeftOut::to_string).collect();
        match is_page {
            true => (classes.situations, missing),
            false => (classes.refs, missing),
        }
    };
    if let Some(name) = assumed(&root, refs, configs) {
        note(&plan::assumption(&name), options);
    }
    let planned = configs.plan_all(&situations);
    report.join(notes(&planned));
    say_findings(&report, options);
    let folder = Folder::of(options, &root);
    let graph = |planned: Vec<Planned>| match planned.first().filter(|_| named) {
        Some(one) => Graph::of_plan(&one.config, &one.plan).with_started(&one.config, &folder),
        None => {
            let (config, plans) = plan::together(planned, configs.base());
            Graph::of_plans(&config, &plans).with_started(&config, &folder)
        }
    };
    let drawn = match args.format {
        GraphFormat::Mermaid => graph(planned).draw(Format::Mermaid),
        GraphFormat::Dot => graph(planned).draw(Format::Dot),
        GraphFormat::Svg => graph(planned).draw(Format::Svg),
        GraphFormat::Html => {
            let of = |one: &Planned| View::of_plan(&one.config, &one.plan, &folder);
            let mut views: Vec<View> = planned.iter().map(of).collect();
            if !named {
                let (config, plans) = plan::together(planned, configs.base());
                views.insert(0, View::of_plans(&config, &plans, &folder));
            }
            let manifest = options.manifest.as_deref().unwrap_or(DEFAULT_MANIFEST);
            let file = args.file.as_deref().map(|file| file.display().to_string());
            Page {
                file: file.unwrap_or_else(|| manifest.to_owned()),
                views,
                missing,
            }
            .draw()
        }
    };
    print(&Shown::of_document(&drawn))?;
    Ok(Verdict::Clean)
}
