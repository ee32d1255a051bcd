//! Pipelines that become manifests: what is written is proven, and people want to keep it.
//!
//! `tests/import/cases` has a pipeline and the manifest that it becomes, side by side;
//! `WINDLASS_BLESS=1 cargo test --test import` writes the manifests anew.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

#[allow(dead_code, reason = "other tests read more of a case")]
#[path = "verdicts/case.rs"]
mod case;
#[path = "import/checked.rs"]
mod checked;
#[path = "import/comments.rs"]
mod comments;
mod held;
#[path = "import/improvements.rs"]
mod improvements;
#[path = "import/random.rs"]
mod random;

use std::fs;
use std::path::{Path, PathBuf};

use held::Held;
use windlass::config::read_where;
use windlass::diff::{Effect, Told, tell};
use windlass::finding::output::{Format, Style, show};
use windlass::gitlab::Version;
use windlass::import::{Depth, Imported, Pipeline, Refused, import};
use windlass::plan::Configs;
use windlass::source::Source;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The manifest of a pipeline; `None` if GitLab refuses the pipeline itself.
fn imported(text: &str, files: &Held) -> Option<Result<Imported, Refused>> {
    imported_as(text, files, Depth::Jobs)
}

fn imported_as(text: &str, files: &Held, depth: Depth) -> Option<Result<Imported, Refused>> {
    imported_for(text, files, depth, Some(Version::new(18, 11)))
}

fn imported_for(
    text: &str,
    files: &Held,
    depth: Depth,
    target: Option<Version>,
) -> Option<Result<Imported, Refused>> {
    let source = Source::new(".gitlab-ci.yml", text);
    let (read, around) = (source.clone(), files.clone());
    let configs = Configs::new(move |given| read_where(read.clone(), &around, given)).ok()?;
    let pipeline = Pipeline {
        source: &source,
        configs: &configs,
        default_branch: Some("main"),
    };
    Some(import(&pipeline, "windlass.yml", target, depth, files))
}

fn reason(refused: &Refused) -> String {
    match refused {
        Refused::Findings(report) => show(Format::Text, report, Style::default())
            .unwrap()
            .as_str()
            .to_owned(),
        Refused::Differs(comparison) => format!("{comparison:#?}"),
        Refused::Internal(error) => panic!("{error}"),
    }
}

fn sorted(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn a_pipeline_becomes_the_manifest_beside_it() {
    let bless = std::env::var_os("WINDLASS_BLESS").is_some();
    let mut seen = 0;
    for path in sorted("tests/import/cases") {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(name) = name.strip_suffix(".gitlab-ci.yml") else {
            continue;
        };
        seen += 1;
        let text = fs::read_to_string(&path).unwrap();
        let text = match name.ends_with("crlf") {
            true => text.replace('\n', "\r\n"),
            false => text,
        };
        let included = "x: {script: x, stage: late}\nstages: [late]\n";
        let files = Held::new([("ci/more.yml".to_owned(), included.to_owned())]);
        let given = imported(&text, &files).unwrap_or_else(|| panic!("{name} is no pipeline"));
        let manifest = given.unwrap_or_else(|refused| panic!("{name}: {}", reason(&refused)));
        let beside = path.with_file_name(format!("{name}.windlass.yml"));
        if bless {
            fs::write(&beside, &manifest.text).unwrap();
        }
        assert_eq!(
            manifest.text,
            fs::read_to_string(&beside).unwrap(),
            "{name}"
        );
    }
    assert!(seen >= 8, "{seen}");
}

#[test]
fn the_pipelines_of_the_examples_become_manifests_with_their_comments() {
    for folder in sorted("examples") {
        let path = folder.join(".gitlab-ci.yml");
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let imported = imported(&text, &Held::default()).unwrap();
        let imported = imported.unwrap_or_else(|refused| panic!("{path:?}: {}", reason(&refused)));
        assert_eq!(imported.rewritten, None, "{path:?}");
        assert_eq!(
            imported.changes.not_compared,
            Vec::<String>::new(),
            "{path:?}"
        );
        let comments = |text: &str| text.lines().filter(|line| line.contains("# ---")).count();
        assert_eq!(comments(&imported.text), comments(&text), "{path:?}");
    }
}

/// How many jobs of each example become entities, and how many there are. Those that stay are jobs of the
/// example's own manifest too.
const ENTITIES: [(&str, usize, usize); 9] = [
    ("build-and-tag", 2, 2),
    ("distributions", 25, 25),
    ("facile", 8, 8),
    ("facile-2018", 9, 9),
    ("minimal", 3, 3),
    ("monorepo", 15, 15),
    ("retention", 7, 7),
    ("review-apps", 10, 10),
    ("services", 10, 10),
];

#[test]
fn the_jobs_of_the_examples_come_back_as_entities() {
    for (name, entities, jobs) in ENTITIES {
        let folder = Path::new(ROOT).join("examples").join(name);
        let mut files = Vec::new();
        files_below(&folder, "", &mut files);
        files.retain(|(path, _)| path != "windlass.yml");
        let target = (name == "facile-2018").then_some(Version::new(10, 4));
        let text = fs::read_to_string(folder.join(".gitlab-ci.yml")).unwrap();
        let imported = imported_for(&text, &Held::new(files), Depth::Entities, target);
        let imported = imported
            .unwrap()
            .unwrap_or_else(|refused| panic!("{name}: {}", reason(&refused)));
        golden(
            &format!("tests/import/examples/{name}.windlass.yml"),
            &imported.text,
        );
        assert_eq!(imported.changes.effects, [], "{name}");
        let taken: usize = imported.entities.iter().map(|one| one.jobs.len()).sum();
        assert_eq!(
            (taken, taken + imported.raw.len()),
            (entities, jobs),
            "{name}"
        );
    }
    let all = |of: fn(&(&str, usize, usize)) -> usize| ENTITIES.iter().map(of).sum::<usize>();
    assert!(all(|one| one.1) * 10 >= all(|one| one.2) * 9);
}

fn files_below(folder: &Path, path: &str, out: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = match path {
            "" => name,
            path => format!("{path}/{name}"),
        };
        if entry.file_type().unwrap().is_dir() {
            files_below(&entry.path(), &path, out);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            out.push((path, text));
        }
    }
}

fn golden(path: &str, text: &str) {
    let file = Path::new(ROOT).join(path);
    if std::env::var_os("WINDLASS_BLESS").is_some() {
        fs::write(&file, text).unwrap();
    }
    assert_eq!(
        text,
        fs::read_to_string(&file).unwrap_or_default(),
        "{path}"
    );
}

/// A pipeline as a person writes it: exactly the same as far as it goes, and improved.
#[test]
fn a_pipeline_becomes_entities() {
    for name in ["kubernetes", "shop"] {
        let folder = format!("tests/import/entities/{name}");
        let text =
            fs::read_to_string(Path::new(ROOT).join(format!("{folder}.gitlab-ci.yml"))).unwrap();
        for (depth, kind) in [(Depth::Entities, "windlass"), (Depth::Improved, "improved")] {
            let files = [
                ("Dockerfile", "FROM scratch"),
                ("chart/Chart.yaml", "name: shop"),
            ];
            let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
            let imported = imported_as(&text, &Held::new(files), depth).unwrap();
            let imported =
                imported.unwrap_or_else(|refused| panic!("{name}: {}", reason(&refused)));
            golden(&format!("{folder}.{kind}.yml"), &imported.text);
            let told = Told {
                against: ".gitlab-ci.yml",
                comparison: &imported.changes,
                mermaid: "",
                color: false,
            };
            let told = tell(&told, windlass::diff::Format::Text);
            golden(&format!("{folder}.{kind}.txt"), told.as_str());
            assert!(depth == Depth::Improved || imported.changes.effects.is_empty());
        }
    }
}

/// `public.tsv` has a line for each public pipeline that was imported: the repository, the lines of its
/// `.gitlab-ci.yml`, its jobs, how many became entities with nothing changed, and how many with
/// `--improve`. Their files are not here; the list says what the recognisers were tried on.
#[test]
fn the_list_of_public_pipelines_says_that_half_of_the_jobs_become_entities() {
    let lines: Vec<&str> = include_str!("import/public.tsv").lines().skip(1).collect();
    assert!(lines.len() >= 10, "{}", lines.len());
    let (mut all, mut taken) = (0, 0);
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let [repository, numbers @ ..] = cells.as_slice() else {
            panic!("five cells: {line}");
        };
        let numbers: Vec<usize> = numbers.iter().map(|cell| cell.parse().unwrap()).collect();
        let [lines, jobs, entities, improved] = numbers.as_slice() else {
            panic!("five cells: {line}");
        };
        assert_eq!(repository.split('/').count(), 2, "{line}");
        assert!(
            lines > jobs && jobs >= entities && jobs >= improved,
            "{line}"
        );
        all += jobs;
        taken += entities.max(improved);
    }
    assert!(taken * 2 >= all, "{taken} of {all}");
}

/// Pipelines that GitLab takes and that a manifest does not hold, each with the reason.
const NOT_HELD: &[(&str, &str)] = &[
    (
        "a-reports-sarif",
        "a report that the target has behind a feature flag",
    ),
    ("d-51-lint", "more needs than GitLab creates"),
    ("f-default-key-script", RESERVED),
    ("ip-array", INPUTS),
    ("ip-job-name", INPUTS),
    ("ip-number", INPUTS),
    ("n-pages-deploy", RESERVED),
    (
        "n-parallel-over-255",
        "a job's name that GitLab cannot create",
    ),
    ("n-reserved-default", RESERVED),
    ("n-reserved-spec", RESERVED),
    ("n-reserved-types", RESERVED),
    ("n-reserved-workflow", RESERVED),
    ("s-stage-256", "a stage's name that GitLab cannot create"),
    (
        "y-depth-hidden-99",
        "as deep as GitLab reads, and one deeper under `jobs`",
    ),
    ("y-multi-doc-spec", INPUTS),
    (
        "y-thousand-var",
        "a flow mapping that YAML parsers read differently",
    ),
];
const RESERVED: &str = "a job named like a key that GitLab reserves";
const INPUTS: &str = "a manifest has no inputs";

#[test]
fn pipelines_that_gitlab_takes_become_manifests() {
    let mut refused = Vec::new();
    let mut held = 0;
    for case in case::cases("lint") {
        let Some(text) = &case.yaml else { continue };
        if case.verdict["valid"] != true {
            continue;
        }
        let files = Held::new(case.files().clone());
        match imported(text, &files) {
            Some(Ok(_)) => held += 1,
            Some(Err(why)) => refused.push((case.id.clone(), reason(&why))),
            None => {}
        }
    }
    let known = |id: &str| NOT_HELD.iter().any(|(known, _)| *known == id);
    let unknown: Vec<_> = refused.iter().filter(|(id, _)| !known(id)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    for (id, _) in NOT_HELD {
        assert!(
            refused.iter().any(|(other, _)| other == id),
            "{id} is held now"
        );
    }
    assert!(held > 250, "{held}");
}

/// Effects in one order: a file and a plan have the keys of a job in another.
fn sorted_effects(mut effects: Vec<Effect>) -> Vec<Effect> {
    effects.sort_by_key(|effect| format!("{effect:?}"));
    effects
}

fn texts(effects: &[Effect]) -> Vec<String> {
    let text = |effect: &Effect| format!("{:?} {}", effect.job, effect.text);
    effects.iter().map(text).collect()
}

/// What a manifest changes in a pipeline, found anew from the file that it becomes.
fn compared(pipeline: &str, manifest: &str) -> Vec<Effect> {
    let manifest = Source::new("windlass.yml", manifest);
    let compiled = windlass::compile::compile(&manifest, &Held::default()).unwrap();
    let written = compiled.files.unwrap();
    let body = &written.pipeline().unwrap().body;
    let read = |text: &str| {
        let source = Source::new("file", text);
        Configs::new(move |given| read_where(source.clone(), &Held::default(), given)).unwrap()
    };
    windlass::diff::diff_all(&read(pipeline), &read(body), Some("main")).effects
}

#[test]
fn the_documentation_shows_what_happens() {
    let read = |path: &str| fs::read_to_string(Path::new(ROOT).join(path)).unwrap();
    let page = read("docs/import.md");
    for (path, kind) in [
        ("shop.gitlab-ci.yml", "yaml"),
        ("shop.windlass.yml", "yaml"),
        ("shop.improved.yml", "yaml"),
        ("shop.improved.txt", "text"),
    ] {
        let text = read(&format!("tests/import/entities/{path}"));
        assert!(page.contains(&format!("```{kind}\n{text}```")), "{path}");
    }
}
