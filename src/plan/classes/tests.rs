//! Whatever pipeline there is, its jobs are those of some class.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::search::Alphabet;
use super::text::{Question, Questions, Space};
use super::*;
use crate::config::{Alone, Config, read};
use crate::gitlab::regex::Pattern;
use crate::plan::{Plan, SOURCES, plan};
use crate::source::Source;

fn config(text: &str) -> Option<Config> {
    read(Source::new(".gitlab-ci.yml", text), &Alone)
        .result
        .ok()
}

fn of(text: &str) -> Classes {
    let config = config(text).unwrap_or_else(|| panic!("{text}"));
    classes(&config, "main")
}

fn names(text: &str) -> Vec<String> {
    of(text)
        .situations
        .iter()
        .map(Situation::to_string)
        .collect()
}

/// The classes in which job `a` runs.
fn runs(text: &str) -> Vec<String> {
    let config = config(text).unwrap_or_else(|| panic!("{text}"));
    let classes = classes(&config, "main");
    assert!(classes.is_complete(), "{text}: {:?}", classes.left_out);
    let plans = classes.situations.iter().map(|one| plan(&config, one));
    plans
        .filter(|plan| plan.within().any(|job| job.name == "a"))
        .map(|plan| plan.situation.to_string())
        .collect()
}

fn rule(condition: &str) -> String {
    format!("a: {{script: x, rules: [{{if: '{condition}'}}]}}\n")
}

#[test]
fn every_comparison_has_a_class_in_which_it_holds() {
    for (text, expected) in [
        (
            format!("variables: {{TRUNK: trunk}}\n{}", rule("$CI_COMMIT_BRANCH == $TRUNK")),
            "branch trunk",
        ),
        (
            rule("$CI_PIPELINE_SOURCE == \"schedule\" && $CI_COMMIT_BRANCH == \"develop\""),
            "schedule on develop",
        ),
        (rule("$CI_COMMIT_REF_NAME == \"main\""), "tag main"),
        (rule("$CI_COMMIT_REF_NAME == \"main\""), "merge request main -> feature"),
        (rule("$CI_COMMIT_REF_SLUG == \"a-b\""), "branch a-b"),
        (rule("$CI_COMMIT_BRANCH && $CI_COMMIT_REF_SLUG !~ /^.+$/"), "branch _"),
        (rule("$CI_COMMIT_BRANCH && $CI_COMMIT_REF_SLUG !~ $CI_COMMIT_BRANCH"), "branch A/1"),
        (
            rule("$CI_COMMIT_REF_SLUG == \"a-b\" && $CI_COMMIT_BRANCH =~ /^a\\/b/"),
            "branch a/b",
        ),
        (rule("$CI_COMMIT_BRANCH =~ /^sprint[*]?\\d/"), "branch sprint1"),
        (
            rule("$CI_COMMIT_BRANCH =~ /^rel/ && $CI_COMMIT_BRANCH =~ /-rc$/"),
            "branch rel-rc",
        ),
        (
            rule("$CI_COMMIT_BRANCH =~ /^v/ && $CI_COMMIT_BRANCH !~ /^v./"),
            "branch v",
        ),
        (rule("$CI_COMMIT_TAG && $CI_PIPELINE_SOURCE == \"web\""), "tag v1.2.3 (web)"),
        (rule("$CI_MERGE_REQUEST_TARGET_BRANCH_NAME == \"x\""), "merge request feature -> x"),
        (rule("$CI_COMMIT_BRANCH == \"x\" && $CI_OPEN_MERGE_REQUESTS"), "branch x (merge request open)"),
        (
            "workflow: {rules: [{if: $CI_COMMIT_TAG, variables: {X: 't'}}, {if: $CI_COMMIT_BRANCH, variables: {X: 'd'}}]}\na: {script: x, rules: [{if: $CI_COMMIT_BRANCH == $X}]}\n".to_owned(),
            "branch d",
        ),
        ("a: {script: x, variables: {B: dev}, rules: [{if: $B == $CI_COMMIT_BRANCH}]}\n".to_owned(), "branch dev"),
        ("variables: {P: '/^rel-\\d+$/'}\na: {script: x, rules: [{if: $CI_COMMIT_TAG =~ $P}]}\n".to_owned(), "tag rel-1"),
        ("a: {script: x, only: [schedules]}\n".to_owned(), "schedule on main"),
        ("a: {script: x, only: ['x@g/p']}\n".to_owned(), "branch x"),
        ("a: {script: x, only: ['/^v/i'], except: [branches]}\n".to_owned(), "tag v"),
    ] {
        let runs = runs(&text);
        assert!(
            runs.iter().any(|name| name.split(',').next() == Some(expected)),
            "{text}: {runs:?}"
        );
    }
}

#[test]
fn what_does_not_exist_has_no_class() {
    assert_eq!(runs(&rule("$CI_COMMIT_TAG == \"\"")), [""; 0]);
    assert_eq!(runs(&rule("$CI_PIPELINE_SOURCE == \"scheduled\"")), [""; 0]);
    for name in names("a: {script: x, except: [schedules]}\n") {
        assert!(!name.contains("schedul)"), "{name}");
    }
    for condition in [
        "$CI_PIPELINE_SOURCE == \"schedule\"",
        "$CI_PIPELINE_SOURCE == \"api\"",
    ] {
        let requests = of(&rule(condition)).situations;
        let requests = requests
            .iter()
            .filter(|one| matches!(one.reference, Ref::MergeRequest { .. }));
        for one in requests {
            assert_eq!(one.trigger, Trigger::MergeRequest);
        }
    }
}

#[test]
fn what_is_left_out_is_said() {
    let mut text = String::new();
    for at in 0..500 {
        text.push_str(&format!(
            "j{at}: {{script: x, rules: [{{if: '$CI_COMMIT_BRANCH == \"b{at}\" && $V{}'}}]}}\n",
            at % 7
        ));
    }
    let classes = of(&text);
    assert!(!classes.is_complete());
    assert!(
        classes.situations.len() <= DECISIONS / 500,
        "{}",
        classes.situations.len()
    );
    for at in [0, 499] {
        let branch = Ref::Branch(format!("b{at}"));
        assert!(classes.situations.iter().any(|one| one.reference == branch));
    }
}

#[test]
fn two_configurations_have_one_set_of_classes() {
    let one = config(&rule("$CI_COMMIT_BRANCH == \"x\"")).unwrap();
    let other = config(&rule("$CI_COMMIT_TAG =~ /^v/")).unwrap();
    let both = Compared::of(&one).and(&Compared::of(&other));
    let names: Vec<String> = classes_of(&both, Some("main"), 2)
        .situations
        .iter()
        .map(Situation::to_string)
        .collect();
    for name in ["branch x", "tag v", "tag some-tag"] {
        assert!(names.iter().any(|own| own == name), "{name}: {names:?}");
    }
}

/// How many cases a law is tried on, unless `PROPTEST_CASES` says it.
fn cases(usual: u32) -> u32 {
    let given = std::env::var("PROPTEST_CASES").ok();
    given.and_then(|given| given.parse().ok()).unwrap_or(usual)
}

/// A pattern of a few pieces, over letters of which all short texts can be tried.
fn pattern() -> impl Strategy<Value = Pattern> {
    let atom = select(vec![
        "a", "b", "-", "1", "/", ".", "[ab]", "[^a]", r"\d", r"\w", "(?:a|b1)", "(?:-|)", r"\b",
        "[*]", "aa",
    ]);
    let repeat = select(vec!["", "", "", "?", "*", "+", "{2}", "{0,1}"]);
    let piece = (atom, repeat).prop_map(|(atom, repeat)| match atom {
        r"\b" => atom.to_owned(),
        _ if atom.len() > 1 && !atom.starts_with(['[', '(', '\\']) => format!("(?:{atom}){repeat}"),
        _ => format!("{atom}{repeat}"),
    });
    let body = prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat());
    let joined = prop_oneof![
        3 => body.clone(),
        1 => (body.clone(), body).prop_map(|(a, b)| format!("(?:{a}|{b})")),
    ];
    (
        select(vec!["", "^"]),
        joined,
        select(vec!["", "$"]),
        select(vec!["", "i"]),
    )
        .prop_filter_map("a pattern", |(start, body, end, flags)| {
            Pattern::parse(&format!("/{start}{body}{end}/{flags}")).ok()
        })
}

/// Every name of a few of these letters.
fn short_names() -> Vec<String> {
    let mut all = vec![String::new()];
    let mut from = 0;
    for _ in 0..4 {
        let to = all.len();
        for at in from..to {
            for letter in "ab1-/A.".chars() {
                all.push(format!("{}{letter}", all[at]));
            }
        }
        from = to;
    }
    all.retain(|name| Space::Ref.holds(name));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(48)))]

    /// Each combination of patterns that some short name has is the combination of a name that is found.
    #[test]
    fn every_combination_of_patterns_is_found(patterns in prop::collection::vec(pattern(), 1..4)) {
        let mut questions = Questions::default();
        questions.own.extend(patterns.iter().cloned().map(Question::Matches));
        let texts = questions.told_apart(Space::Ref, &[], &["feature"]);
        prop_assert!(texts.complete, "{patterns:?} {:?}", texts.unfound);
        let found: HashSet<_> =
            texts.texts.iter().map(|text| questions.answers(text)).collect();
        prop_assert_eq!(found.len(), texts.texts.len());
        thread_local! { static SHORT: Vec<String> = short_names(); }
        let missing = SHORT.with(|short| {
            short.iter().find(|name| !found.contains(&questions.answers(name))).cloned()
        });
        prop_assert_eq!(missing, None, "{:?} {:?}", patterns, texts.texts);
        for text in &texts.texts {
            prop_assert!(Space::Ref.holds(text), "{}", text);
        }
    }
}

const VARIABLES: [&str; 15] = [
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
    "A",
    "A",
    "B",
];
const TEXTS: [&str; 9] = [
    "main",
    "dev",
    "release/1",
    "release-1",
    "v1.0",
    "yes",
    "true",
    "",
    "x",
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

fn comparison() -> BoxedStrategy<String> {
    let variable = || select(VARIABLES.to_vec());
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

fn pipeline() -> BoxedStrategy<String> {
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

fn name() -> BoxedStrategy<String> {
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
        "yes",
        "true",
        "release/1",
        "ma",
        "zzz",
        "v1.0 ",
        "domain",
    ];
    prop_oneof![
        2 => Just(None),
        4 => select(values).prop_map(|value| Some(value.to_owned())),
        1 => name().prop_map(Some),
    ]
    .boxed()
}

fn situation() -> BoxedStrategy<Situation> {
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(16)))]

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
        let known: HashSet<Vec<String>> =
            classes.situations.iter().map(|one| verdicts(&plan(&config, one))).collect();
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

#[test]
fn the_alphabet_of_a_slug_is_that_of_slugs() {
    let pattern = Pattern::parse("/[_A-]b/").unwrap();
    let mut searched = search::Searched::default();
    searched.run(&[&pattern], &HashSet::new(), Space::Ref, Alphabet::Slug);
    assert!(searched.exhausted);
    for text in &searched.texts {
        assert_eq!(crate::gitlab::names::ref_slug(text), *text);
    }
}
