//! Child pipelines: what is read is compared as the pipeline that starts it, what is not is named.

use std::rc::Rc;

use windlass::config::{Given, Repository, read_where};
use windlass::diff::{Comparison, Format, Told, diff_all, tell};
use windlass::files::Unread;
use windlass::plan::Configs;
use windlass::source::Source;

/// The files of one side, by their paths; the main one is `ci.yml`.
#[derive(Clone)]
struct Tree(Vec<(&'static str, String)>);

impl Repository for Tree {
    fn read(&self, path: &str) -> Result<String, Unread> {
        let found = self.0.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| text.clone()).ok_or(Unread::Absent)
    }

    fn paths(&self) -> Option<Vec<String>> {
        Some(self.0.iter().map(|(path, _)| (*path).to_owned()).collect())
    }
}

fn tree(files: &[(&'static str, &str)]) -> Tree {
    let files = files.iter();
    Tree(
        files
            .map(|(path, text)| (*path, (*text).to_owned()))
            .collect(),
    )
}

fn configs(tree: Tree) -> Configs<'static> {
    let repository: Rc<dyn Repository> = Rc::new(tree);
    let files = Rc::clone(&repository);
    let text = files.read("ci.yml").expect("the main file");
    let read =
        move |given: &dyn Given| read_where(Source::new("ci.yml", text.as_str()), &*files, given);
    let configs = Configs::new(read).unwrap_or_else(|report| panic!("{report:?}"));
    configs.with_children(repository)
}

fn compared(before: &[(&'static str, &str)], after: &[(&'static str, &str)]) -> Comparison {
    diff_all(&configs(tree(before)), &configs(tree(after)), Some("main"))
}

fn told(before: &[(&'static str, &str)], after: &[(&'static str, &str)]) -> String {
    let comparison = compared(before, after);
    let told = Told {
        against: "HEAD",
        comparison: &comparison,
        mermaid: "",
        color: false,
    };
    tell(&told, Format::Text).to_string()
}

const PARENT: &str = "deploy: {trigger: {include: c.yml}}\n";

#[test]
fn a_child_pipeline_is_compared_like_its_parent() {
    let was = "a: {script: x}\nb: {script: y, rules: [{if: $CI_COMMIT_TAG}]}\n";
    let is = "a: {script: x, image: i}\nc: {script: z, rules: [{if: '$CI_COMMIT_BRANCH == \"main\"'}]}\n";
    assert_eq!(
        told(
            &[("ci.yml", PARENT), ("c.yml", was)],
            &[("ci.yml", PARENT), ("c.yml", is)]
        ),
        "against HEAD:
  in the child pipeline of `deploy`:
    a now runs in image `i`
    c is new, in stage `test`: it runs on branch `main` and schedules of `main`
    b is gone; it ran on all tags
"
    );
    let same = told(
        &[("ci.yml", PARENT), ("c.yml", was)],
        &[("ci.yml", PARENT), ("c.yml", was)],
    );
    assert_eq!(same, "against HEAD: nothing changes\n");
}

/// Every way to name files of the repository, with what may stand beside.
#[test]
fn every_form_of_include_is_read() {
    for trigger in [
        "{include: c.yml}",
        "{include: /c.yml, strategy: depend}",
        "{include: [c.yml], forward: {pipeline_variables: true}}",
        "{include: [{local: c.yml}]}",
        "{include: [{local: c.yml, inputs: {who: me}}]}",
        "{include: [other.yml, {local: c.yml}]}",
        "{include: [{local: '*.c.yml'}]}",
        "{include: $FILE}",
    ] {
        let parent = format!("deploy: {{variables: {{FILE: c.yml}}, trigger: {trigger}}}\n");
        let child = |script: &str| {
            format!(
                "spec: {{inputs: {{who: {{default: you}}}}}}\n---\na: {{script: '{script} $[[ inputs.who ]]'}}\n"
            )
        };
        let other = "o: {script: o}\n";
        let side = |script: &str| {
            let child = child(script);
            [
                ("ci.yml", parent.clone()),
                ("c.yml", child.clone()),
                ("a.c.yml", child),
                ("other.yml", other.to_owned()),
            ]
        };
        let files = |side: [(&'static str, String); 4]| Tree(side.to_vec());
        let comparison = diff_all(
            &configs(files(side("one"))),
            &configs(files(side("two"))),
            Some("main"),
        );
        let effects = &comparison.effects;
        assert_eq!(effects.len(), 1, "{trigger}: {comparison:?}");
        assert_eq!(effects[0].within, ["deploy"], "{trigger}");
        assert_eq!(effects[0].text, "runs other commands", "{trigger}");
        assert_eq!(comparison.not_compared, Vec::<String>::new(), "{trigger}");
    }
}

/// What is not here is named, whichever side starts it, and whatever else changes.
#[test]
fn what_cannot_be_read_is_named() {
    let make = "make: {stage: build, script: x, artifacts: {paths: [g.yml]}}\n";
    for (trigger, named) in [
        (
            "{include: [{artifact: g.yml, job: make}]}",
            "in what `deploy` starts: the child pipeline `g.yml of make`: the job `make` makes `g.yml` while the pipeline runs",
        ),
        (
            "{include: [c.yml, {artifact: g.yml, job: make}]}",
            "in what `deploy` starts: the child pipeline `c.yml, g.yml of make`: the job `make` makes `g.yml` while the pipeline runs",
        ),
        (
            "group/p",
            "in what `deploy` starts: the pipeline of `group/p`: it is another project's",
        ),
        (
            "{project: group/p, branch: b, strategy: depend}",
            "in what `deploy` starts: the pipeline of `group/p, branch b`: it is another project's",
        ),
        (
            "{include: [{project: g/p, ref: v1, file: /e.yml}]}",
            "in what `deploy` starts: what `project: g/p, ref: v1, file: /e.yml` holds: not here",
        ),
        (
            "{include: [{template: T.gitlab-ci.yml}]}",
            "in what `deploy` starts: what `template: T.gitlab-ci.yml` holds: not here",
        ),
        (
            "{include: [{remote: 'https://h/x.yml'}]}",
            "in what `deploy` starts: what `remote: https://h/x.yml` holds: not here",
        ),
    ] {
        let with = format!("{make}deploy: {{stage: deploy, trigger: {trigger}}}\n");
        let child = "a: {script: x}\n";
        for (before, after) in [(&*with, &*with), (&*with, make), (make, &*with)] {
            let sides = [before, after].map(|text| [("ci.yml", text), ("c.yml", child)]);
            let found = compared(&sides[0], &sides[1]).not_compared;
            assert!(
                found.iter().any(|one| one == named),
                "{trigger}: {found:#?}"
            );
        }
    }
}

/// A trigger job that comes or goes brings or takes the jobs of its child.
#[test]
fn a_child_comes_and_goes_with_the_job_that_starts_it() {
    let child = "t: {script: x}\n";
    let other = "o: {script: x}\n";
    let with = format!(
        "{other}deploy: {{trigger: {{include: c.yml}}, rules: [{{if: $CI_COMMIT_TAG}}]}}\n"
    );
    let sides = [
        [("ci.yml", other), ("c.yml", child)],
        [("ci.yml", &*with), ("c.yml", child)],
    ];
    assert_eq!(
        told(&sides[0], &sides[1]),
        "against HEAD:
  deploy is new, in stage `test`: it runs on all tags
  in the child pipeline of `deploy`:
    there is a pipeline now on all tags
    t is new, in stage `test`: it runs on all tags
"
    );
    assert_eq!(
        told(&sides[1], &sides[0]),
        "against HEAD:
  deploy is gone; it ran on all tags
  in the child pipeline of `deploy`:
    there is no pipeline any more on all tags
    t is gone; it ran on all tags
"
    );
}

/// A child runs where the job that starts it runs, and gets the variables that the file gives that job.
#[test]
fn a_child_has_the_ref_and_the_variables_of_its_parent() {
    let child = "a: {script: x, rules: [{if: '$TO == \"prod\"'}]}\nz: {script: z}\n";
    let source = "a: {script: x, rules: [{if: '$CI_PIPELINE_SOURCE == \"parent_pipeline\" && $CI_COMMIT_TAG'}]}\nz: {script: z}\n";
    let parent = |to: &str| {
        format!(
            "deploy: {{variables: {{TO: {to}}}, trigger: {{include: c.yml}}, rules: [{{if: $CI_COMMIT_TAG}}]}}\n"
        )
    };
    let (staging, prod) = (parent("staging"), parent("prod"));
    assert_eq!(
        told(
            &[("ci.yml", &staging), ("c.yml", child)],
            &[("ci.yml", &prod), ("c.yml", child)]
        ),
        "against HEAD:
  deploy has `prod` in `TO` instead of `staging`
  in the child pipeline of `deploy`:
    a now runs on all tags
"
    );
    // In the same situations both conditions hold.
    let before = [("ci.yml", &*prod), ("c.yml", child)];
    let after = compared(&before, &[("ci.yml", &prod), ("c.yml", source)]);
    let kinds: Vec<&str> = after.effects.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, Vec::<&str>::new(), "{after:?}");
    assert_eq!(after.rewritten.len(), 1, "{after:?}");
    // What is not passed on is not known in the child.
    let kept = prod.replace(
        "include: c.yml",
        "include: c.yml, forward: {yaml_variables: false}",
    );
    let found = compared(&before, &[("ci.yml", &kept), ("c.yml", child)]);
    let named = "in what `deploy` starts: what conditions on `$TO` decide: its value is known on one side alone";
    assert_eq!(found.not_compared, [named]);
}

#[test]
fn children_of_children_are_compared_and_no_further_ones() {
    let start = |file: &str| format!("go: {{trigger: {{include: {file}}}}}\n");
    let (first, second, third) = (start("1.yml"), start("2.yml"), start("3.yml"));
    let side = |one: &'static str, two: &'static str, three: &'static str| {
        Tree(vec![
            ("ci.yml", first.clone()),
            ("1.yml", format!("{second}a: {{script: {one}}}\n")),
            ("2.yml", format!("{third}b: {{script: {two}}}\n")),
            ("3.yml", format!("c: {{script: {three}}}\n")),
        ])
    };
    let compare =
        |before: Tree, after: Tree| diff_all(&configs(before), &configs(after), Some("main"));
    let one = compare(side("x", "x", "x"), side("y", "x", "x")).effects;
    assert_eq!(one.len(), 1, "{one:?}");
    assert_eq!(one[0].within, ["go"]);
    let two = compare(side("x", "x", "x"), side("x", "y", "x"));
    assert_eq!(two.effects.len(), 1, "{two:?}");
    assert_eq!(two.effects[0].within, ["go", "go"]);
    assert_eq!(
        two.effects[0].sentence(),
        "in the child pipeline of `go`, in that of `go`: b runs other commands"
    );
    let three = compare(side("x", "x", "x"), side("x", "x", "y"));
    assert_eq!(three, Comparison::default());
}

/// A file that starts itself ends where GitLab ends it.
/// What a job sets for its child pipeline, the child's own children get only where a job says so.
#[test]
fn a_grandchild_gets_variables_only_if_they_are_forwarded() {
    let parent = "t: {trigger: {include: child.yml}, variables: {E: prod}}";
    let child = "d: {trigger: {include: g.yml}}";
    let kept = "d: {trigger: {include: g.yml, forward: {pipeline_variables: true}}}";
    let asks = "a: {script: x, rules: [{if: '$E == \"prod\"'}]}\nc: {script: x}";
    let always = "a: {script: x}\nc: {script: x}";
    let with = |child, grandchild| {
        [
            ("ci.yml", parent),
            ("child.yml", child),
            ("g.yml", grandchild),
        ]
    };
    let alone = told(&with(child, asks), &with(child, always));
    assert!(alone.contains("a runs under other conditions"), "{alone}");
    let forwarded = told(&with(kept, asks), &with(kept, always));
    assert!(
        forwarded.starts_with("against HEAD: nothing changes"),
        "{forwarded}"
    );
    let key = compared(&with(child, asks), &with(kept, asks));
    let named = "in what `t` starts: in what `d` starts: what conditions on `$E` decide: its value is known on one side alone";
    assert_eq!(key.not_compared, [named]);
}

#[test]
fn a_circle_ends() {
    let text =
        |script: &str| format!("go: {{trigger: {{include: ci.yml}}}}\na: {{script: {script}}}\n");
    let found = compared(&[("ci.yml", &text("x"))], &[("ci.yml", &text("y"))]).effects;
    let within: Vec<usize> = found.iter().map(|one| one.within.len()).collect();
    assert_eq!(within, [0, 1, 2], "{found:?}");
}

#[test]
fn a_child_that_gitlab_refuses_is_told() {
    let (good, bad) = ("a: {script: x}\n", "a: {script: x, retry: 5}\n");
    let files = |child: &'static str| [("ci.yml", PARENT), ("c.yml", child)];
    let text = told(&files(good), &files(bad));
    assert!(
        text.contains("deploy starts a child pipeline that GitLab refuses"),
        "{text}"
    );
    let text = told(&files(bad), &files(good));
    assert!(
        text.contains("deploy started a child pipeline that GitLab refused"),
        "{text}"
    );
    assert!(text.contains("    a is new"), "{text}");
    let text = told(&files(bad), &files(bad));
    assert!(
        text.contains("not compared: in what `deploy` starts"),
        "{text}"
    );
    let text = told(&files(good), &[("ci.yml", PARENT)]);
    assert!(text.contains("there is no file `c.yml`"), "{text}");
}

/// Copies of a job start the same child: what is different in it is said once.
#[test]
fn copies_of_a_job_say_it_once() {
    for (parallel, within) in [
        ("{matrix: [{TO: [one, two]}]}", vec!["deploy"]),
        ("{matrix: [{TO: one}]}", vec!["deploy: [one]"]),
    ] {
        let parent = format!("deploy: {{parallel: {parallel}, trigger: {{include: c.yml}}}}\n");
        let files = |child: &'static str| {
            Tree(vec![
                ("ci.yml", parent.clone()),
                ("c.yml", child.to_owned()),
            ])
        };
        let (was, is) = (files("a: {script: x}\n"), files("a: {script: y}\n"));
        let found = diff_all(&configs(was), &configs(is), Some("main")).effects;
        assert_eq!(found.len(), 1, "{parallel}: {found:?}");
        assert_eq!(found[0].within, within, "{parallel}");
    }
}
