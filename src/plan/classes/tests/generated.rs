//! Pipelines with conditions of all kinds, and situations to evaluate them in.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::plan::classes::text::Space;
use crate::plan::{Changed, Ref, SOURCES, Situation, Trigger};

const VARIABLES: [&str; 21] = [
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_TAG",
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_REF_SLUG",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "CI_MERGE_REQUEST_DRAFT",
    "CI_DEFAULT_BRANCH",
    "CI_COMMIT_REF_PROTECTED",
    "CI_OPEN_MERGE_REQUESTS",
    "CI_PIPELINE_TRIGGERED",
    "CI_PIPELINE_SOURCE",
    "CI_DEFAULT_BRANCH_SLUG",
    "CI_KUBERNETES_ACTIVE",
    "CI_SERVER",
    "CI_JOB_NAME",
    "CI_JOB_STAGE",
    "A",
    "A",
    "B",
];
const TEXTS: [&str; 11] = [
    "main",
    "dev",
    "release/1",
    "release-1",
    "v1.0",
    "yes",
    "true",
    "",
    "x",
    "/^rel/",
    "/[w-y]/",
];
const PATTERNS: [&str; 12] = [
    "/^release/",
    "/^v\\d/",
    "/main|dev/",
    "/.*/",
    "/^RELEASE-/i",
    "/-rc$/",
    "/^(dev|main)$/",
    "/[.]?1/",
    "/^$/",
    "/^sprint[*]?\\d/",
    "/\\/x$/",
    "/^.+$/",
];

fn variable() -> impl Strategy<Value = &'static str> {
    select(VARIABLES.to_vec())
}

fn op() -> impl Strategy<Value = &'static str> {
    select(vec!["==", "!=", "=~", "!~"])
}

/// Anything that may stand on one side of a comparison.
fn operand() -> impl Strategy<Value = String> {
    prop_oneof![
        variable().prop_map(|name| format!("${name}")),
        select(TEXTS.to_vec()).prop_map(|text| format!("\"{text}\"")),
        select(PATTERNS.to_vec()).prop_map(str::to_owned),
        select(vec!["true", "false", "null"]).prop_map(str::to_owned),
    ]
}

pub(super) fn comparison() -> BoxedStrategy<String> {
    prop_oneof![
        3 => (variable(), select(vec!["==", "!="]), select(TEXTS.to_vec()))
            .prop_map(|(name, op, text)| format!("${name} {op} \"{text}\"")),
        3 => (variable(), select(vec!["=~", "!~"]), select(PATTERNS.to_vec()))
            .prop_map(|(name, op, pattern)| format!("${name} {op} {pattern}")),
        2 => (variable(), select(vec!["==", "!=", "=~", "!~"]), variable())
            .prop_map(|(name, op, other)| format!("${name} {op} ${other}")),
        2 => (select(vec!["==", "!="]), select(vec!["push", "schedule", "web", "merge_request_event", "cron"]))
            .prop_map(|(op, source)| format!("$CI_PIPELINE_SOURCE {op} \"{source}\"")),
        1 => Just("$CI_PIPELINE_SOURCE =~ /^(web|api)$/".to_owned()),
        1 => (variable(), select(vec!["=~", "!~"]), select(TEXTS.to_vec()))
            .prop_map(|(name, op, text)| format!("${name} {op} \"{text}\"")),
        1 => (select(TEXTS.to_vec()), select(vec!["=~", "!~"]), variable())
            .prop_map(|(text, op, name)| format!("\"{text}\" {op} ${name}")),
        2 => variable().prop_map(|name| format!("${name}")),
        1 => variable().prop_map(|name| format!("!${name}")),
        1 => (variable(), select(vec!["==", "!="])).prop_map(|(name, op)| format!("${name} {op} null")),
    ]
    .boxed()
}

fn condition() -> BoxedStrategy<String> {
    prop_oneof![
        2 => comparison(),
        2 => (comparison(), comparison()).prop_map(|(a, b)| format!("{a} && {b}")),
        1 => (comparison(), comparison()).prop_map(|(a, b)| format!("{a} || {b}")),
        1 => (comparison(), comparison(), comparison()).prop_map(|(a, b, c)| format!("({a} || {b}) && {c}")),
        1 => (comparison(), comparison()).prop_map(|(a, b)| format!("({a} && {b}) == \"x\"")),
        1 => (variable(), variable(), op(), operand())
            .prop_map(|(a, b, op, other)| format!("(${a} || ${b}) {op} {other}")),
        1 => (operand(), op(), variable(), comparison())
            .prop_map(|(other, op, a, b)| format!("{other} {op} (${a} && {b})")),
        1 => (variable(), select(vec!["==", "!="]), operand())
            .prop_map(|(a, op, other)| format!("(!${a}) {op} {other}")),
    ]
    .boxed()
}

fn conditions() -> BoxedStrategy<String> {
    let when = select(vec!["", ", when: never", ", when: manual"]);
    let changes = select(vec![
        "",
        "",
        "",
        ", changes: [src/**/*]",
        ", changes: [docs/*.md, x]",
    ]);
    let rule = (condition(), when, changes)
        .prop_map(|(condition, when, changes)| format!("{{if: '{condition}'{changes}{when}}}"));
    let words = vec![
        "main",
        "branches",
        "tags",
        "schedules",
        "webs",
        "/^release/",
        "/^v\\d/i",
        "merge_requests",
        "pushes",
        "dev@g/p",
    ];
    let words = move || subsequence(words.clone(), 1..4);
    let list = |words: Vec<&str>| {
        words
            .iter()
            .map(|word| format!("'{word}'"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    prop_oneof![
        4 => prop::collection::vec(rule, 1..3).prop_map(|rules| format!("rules: [{}]", rules.join(", "))),
        1 => words().prop_map(move |words| format!("only: [{}]", list(words))),
        1 => (words(), condition()).prop_map(move |(words, condition)| {
            format!("only: {{variables: ['{condition}'], kubernetes: active}}, except: [{}]", list(words))
        }),
    ]
    .boxed()
}

/// A rule of an include.
pub(super) fn include_rule() -> BoxedStrategy<String> {
    let changes = select(vec!["", "", "", ", changes: [src/**/*]"]);
    let rule = (condition(), changes);
    rule.prop_map(|(condition, changes)| format!("{{if: '{condition}'{changes}}}"))
        .boxed()
}

pub(super) fn pipeline() -> BoxedStrategy<String> {
    let workflow = prop_oneof![
        2 => Just(String::new()),
        1 => condition().prop_map(|condition| {
            format!("workflow: {{rules: [{{if: '{condition}', variables: {{B: 'dev'}}}}, {{if: $CI_COMMIT_REF_NAME}}]}}\n")
        }),
    ];
    let variables = select(vec![
        "",
        "variables: {A: 'main'}\n",
        "variables: {A: '/^dev/', B: 'yes'}\n",
    ]);
    let own = select(vec!["", "", "variables: {A: 'dev'}, "]);
    let job = (own, conditions())
        .prop_map(|(own, conditions)| format!("{{script: x, {own}{conditions}}}\n"));
    (workflow, variables, prop::collection::vec(job, 1..4))
        .prop_map(|(workflow, variables, jobs)| {
            let jobs = jobs
                .iter()
                .enumerate()
                .map(|(at, job)| format!("j{at}: {job}"));
            format!("{workflow}{variables}{}", jobs.collect::<String>())
        })
        .boxed()
}

pub(super) fn name() -> BoxedStrategy<String> {
    let pieces = vec![
        "main",
        "dev",
        "release",
        "release/1",
        "release-1",
        "v1.0",
        "v2",
        "x",
        "-rc",
        "/x",
        "RELEASE-",
        "sprint7",
        "feature",
        "é",
        "1",
        "yes",
        "true",
        "MAIN",
        "push",
        "web",
        "j0",
    ];
    prop::collection::vec(select(pieces), 1..3)
        .prop_map(|pieces| pieces.concat())
        .prop_filter("a name", |name| Space::Ref.holds(name))
        .boxed()
}

fn value() -> BoxedStrategy<Option<String>> {
    let values = vec![
        "",
        " ",
        "main",
        "dev",
        "/^main/",
        "/x/i",
        "/[w-y]/",
        "/^rel/",
        "/..[-\\/]?1/",
        "yes",
        "true",
        "release/1",
        "ma",
        "zzz",
        "v1.0 ",
        "domain",
        "release-1",
        "push",
        "web",
        "j0",
        "test",
        "false",
    ];
    prop_oneof![
        2 => Just(None),
        4 => select(values).prop_map(|value| Some(value.to_owned())),
        1 => name().prop_map(Some),
    ]
    .boxed()
}

pub(super) fn situation() -> BoxedStrategy<Situation> {
    let starts = SOURCES
        .into_iter()
        .filter(|one| *one != "merge_request_event")
        .collect::<Vec<_>>();
    let reference = prop_oneof![
        3 => (name(), select(starts), any::<bool>()).prop_map(|(name, source, open)| Situation {
            trigger: Trigger::parse(source),
            open_merge_request: Some(open),
            ..Situation::branch(name)
        }),
        2 => (name(), select(vec!["push", "web", "schedule", "trigger"])).prop_map(|(name, source)| Situation {
            trigger: Trigger::parse(source),
            ..Situation::tag(name)
        }),
        2 => (name(), name()).prop_filter("two branches", |(a, b)| a != b)
            .prop_map(|(source, target)| Situation::merge_request(source, target)),
    ];
    let changed = select(vec![
        vec![],
        vec!["src/a/b"],
        vec!["x"],
        vec!["docs/a.md", "src/x"],
        vec!["README"],
    ]);
    (
        reference,
        any::<bool>(),
        value(),
        value(),
        any::<bool>(),
        changed,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(mut one, protected, a, b, draft, changed, kubernetes, here)| {
                one = one.with_default_branch("main");
                one.protected = one.protected.or(Some(protected));
                one.variables.extend(a.map(|a| ("A".to_owned(), a)));
                one.variables.extend(b.map(|b| ("B".to_owned(), b)));
                let path = if here { "g/p" } else { "g/other" };
                one.variables
                    .insert("CI_PROJECT_PATH".to_owned(), path.to_owned());
                if matches!(one.reference, Ref::MergeRequest { .. }) {
                    one.variables
                        .insert("CI_MERGE_REQUEST_DRAFT".to_owned(), draft.to_string());
                }
                one.changed = Changed::Paths(changed.into_iter().map(str::to_owned).collect());
                one.kubernetes = Some(kubernetes);
                one.closed = true;
                one
            },
        )
        .boxed()
}
