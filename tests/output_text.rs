//! How findings look to people: what text output shows of a report.

#![allow(clippy::expect_used, reason = "test code outside of test functions")]

use std::time::Duration;

use insta::assert_snapshot;
use proptest::prelude::*;
use windlass::finding::output::{Format, Style, show};
use windlass::finding::{Code, Finding, Location, Report};
use windlass::source::{Place, Source, Span};

fn render(text: &str, findings: Vec<Finding>, color: bool) -> String {
    render_files(&[Source::new("windlass.yml", text)], findings, color)
}

fn render_files(sources: &[Source], findings: Vec<Finding>, color: bool) -> String {
    let report = Report::of(sources, findings);
    let shown = show(Format::Text, &report, Style { color });
    shown.expect("writes to memory").to_string()
}

/// The first place of `needle` in `text`.
fn span(text: &str, needle: &str) -> Span {
    let start = text.find(needle).expect("is there");
    Span::new(start, start + needle.len())
}

#[test]
fn nothing_found_is_nothing_written() {
    assert_eq!(render("a: 1\n", vec![], true), "");
}

#[test]
fn a_simple_span() {
    let text = "windlass: 1\ntests:\n  unit:\n    imgae: app\n    script: make\n";
    let finding = Finding::new(
        Code::UnknownKey,
        span(text, "imgae"),
        "a test has no key `imgae`",
    )
    .label("not a key of tests")
    .help("did you mean `image`?");
    assert_snapshot!(render(text, vec![finding], false), @r"
    windlass.yml:4:5: error[unknown-key]: a test has no key `imgae`
      |
    4 |     imgae: app
      |     ^^^^^ not a key of tests
      help: did you mean `image`?

    1 error; run `windlass explain unknown-key` for more
    ");
}

#[test]
fn several_lines() {
    let text = "tests:\n  unit:\n    script: |\n      make\n      make test\n\nimages: {}\n";
    let start = text.find("|\n").expect("is there");
    let end = text.find("images").expect("is there");
    let finding = Finding::new(Code::WrongType, Span::new(start, end), "not here").label("this");
    assert_snapshot!(render(text, vec![finding], false), @r"
    windlass.yml:3:13: error[wrong-type]: not here
      |
    3 |       script: |
      |  _____________^
    4 | |       make
    5 | |       make test
      | |_______________^ this

    1 error; run `windlass explain wrong-type` for more
    ");
}

#[test]
fn more_lines_than_anyone_reads() {
    let text = "a:\n".to_owned() + &"- x\n".repeat(500);
    let finding = Finding::new(Code::WrongType, Span::new(0, text.len()), "all of it");
    assert_snapshot!(render(&text, vec![finding], false), @r"
    windlass.yml:1:1: error[wrong-type]: all of it
      |
    1 | a:
      | ^^

    1 error; run `windlass explain wrong-type` for more
    ");
}

#[test]
fn related_places() {
    let filler = "  x: {script: x}\n".repeat(10);
    let text = format!("tests:\n  unit: {{image: a}}\n{filler}  unit: {{image: b}}\n");
    let second = text.rfind("unit").expect("is there");
    let near = Finding::new(
        Code::DuplicateKey,
        Span::new(second, second + 4),
        "`unit` stands twice in this mapping",
    )
    .related(span(&text, "unit"), "here it is already")
    .help("remove one of the two; YAML would silently keep the last");
    assert_snapshot!(render(&text, vec![near], false), @r"
    windlass.yml:13:3: error[duplicate-key]: `unit` stands twice in this mapping
       |
     2 |   unit: {image: a}
       |   ---- here it is already
    ...
    13 |   unit: {image: b}
       |   ^^^^
      help: remove one of the two; YAML would silently keep the last

    1 error; run `windlass explain duplicate-key` for more
    ");
}

#[test]
fn a_related_place_far_away() {
    let text = format!("a: 1\n{}a: 2\n", "# x\n".repeat(1000));
    let second = text.rfind("a: 2").expect("is there");
    let finding = Finding::new(
        Code::DuplicateKey,
        Span::new(second, second + 1),
        "`a` twice",
    )
    .label("again")
    .related(Span::new(0, 1), "here it is already");
    assert_snapshot!(render(&text, vec![finding], false), @r"
    windlass.yml:1002:1: error[duplicate-key]: `a` twice
         |
    1002 | a: 2
         | ^ again
      note: windlass.yml:1:1: here it is already

    1 error; run `windlass explain duplicate-key` for more
    ");
}

#[test]
fn tabs_and_wide_characters_keep_the_caret() {
    let text = "a:\t\tbad\n名前: 値x é e\u{301} bad\n👩\u{200d}👧: bad\n";
    let at = |n: usize| text.match_indices("bad").nth(n).expect("is there").0;
    let findings = (0..3)
        .map(|n| {
            Finding::new(
                Code::WrongType,
                Span::new(at(n), at(n) + 3),
                format!("no {n}"),
            )
        })
        .collect();
    assert_snapshot!(render(text, findings, false), @r"
    windlass.yml:1:5: error[wrong-type]: no 0
      |
    1 | a:        bad
      |           ^^^

    windlass.yml:2:13: error[wrong-type]: no 1
      |
    2 | 名前: 値x é é bad
      |               ^^^

    windlass.yml:3:6: error[wrong-type]: no 2
      |
    3 | 👩👧: bad
      |       ^^^

    3 errors; run `windlass explain wrong-type` for more
    ");
}

#[test]
fn a_very_long_line() {
    let text = format!(
        "x: [{}bad, {}]\n",
        "äb, ".repeat(20_000),
        "c, ".repeat(30_000)
    );
    let bad = span(&text, "bad");
    let findings = vec![
        Finding::new(Code::WrongType, bad, "in the middle").related(Span::new(0, 1), "far left"),
        Finding::new(Code::WrongType, Span::new(0, text.len() - 1), "all of it"),
    ];
    let shown = render(&text, findings, false);
    assert!(shown.len() < 3000, "{}", shown.len());
    assert_snapshot!(shown, @r"
    windlass.yml:1:1: error[wrong-type]: all of it
      |
    1 | x: [äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, ...
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    windlass.yml:1:80005: error[wrong-type]: in the middle
      |
    1 | ...äb, äb, äb, äb, äb, äb, äb, äb, äb, äb, bad, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, ...
      |                                            ^^^
      note: windlass.yml:1:1: far left

    2 errors; run `windlass explain wrong-type` for more
    ");
}

#[test]
fn escape_sequences_arrive_as_pictures() {
    let text = "a\u{1b}[2J: \u{9b}31m \u{202e}x\rbad\u{7f}\r\n";
    let finding = Finding::new(Code::BadName, span(text, "bad"), "`\u{1b}]0;owned\u{7}\n`")
        .label("\u{1b}[31m")
        .help("\u{1b}[1A\nsecond\u{9b}");
    let whole = Finding::new(
        Code::MissingFile,
        Location::Line {
            path: "a\u{1b}b\n.yml".to_owned(),
            line: 1,
        },
        "gone",
    );
    assert_snapshot!(render(text, vec![finding, whole], false), @r"
    windlass.yml:1:16: error[bad-name]: `␛]0;owned␇␊`
      |
    1 | a␛[2J: �31m �x␍bad␡
      |                ^^^ ␛[31m
      help: ␛[1A␊second�

    a␛b␊.yml:1: warning[missing-file]: gone

    1 error, 1 warning; run `windlass explain bad-name` for more
    ");
}

#[test]
fn places_without_a_line_of_the_manifest() {
    let file = Location::Line {
        path: ".gitlab-ci.yml".to_owned(),
        line: 7,
    };
    let findings = vec![
        Finding::new(Code::EditedFile, file, "edited by hand").help("run with `--force`"),
        Finding::new(Code::Unreadable, Location::WHOLE, "permission denied"),
        Finding::new(Code::Unused, Location::WHOLE, "nothing uses it")
            .related(Span::new(0, 1), "defined here"),
    ];
    assert_snapshot!(render("a: 1\n", findings, false), @r"
    windlass.yml: error[unreadable]: permission denied

    windlass.yml: warning[unused]: nothing uses it
      note: windlass.yml:1:1: defined here

    .gitlab-ci.yml:7: error[edited-file]: edited by hand
      help: run with `--force`

    2 errors, 1 warning; run `windlass explain unreadable` for more
    ");
}

#[test]
fn the_end_of_the_file() {
    let text = "a: [1,\n";
    let finding = Finding::new(Code::YamlSyntax, Span::new(7, 7), "the list does not end");
    assert_snapshot!(render(text, vec![finding], false), @r"
    windlass.yml:2:1: error[yaml-syntax]: the list does not end
      |
    2 |
      | ^

    1 error; run `windlass explain yaml-syntax` for more
    ");
}

#[test]
fn colours_only_where_asked() {
    let finding = || Finding::new(Code::Unused, Span::new(0, 1), "not used").help("remove it");
    assert_snapshot!(render("a: 1\n", vec![finding()], true).replace('\u{1b}', "^"), @r"
    ^[1mwindlass.yml:1:1^[0m: ^[1m^[33mwarning[unused]^[0m: ^[1mnot used^[0m
      ^[1m^[94m|^[0m
    ^[1m^[94m1^[0m ^[1m^[94m|^[0m a: 1
      ^[1m^[94m|^[0m ^[1m^[33m^^[0m
      ^[1m^[96mhelp^[0m: remove it

    1 warning; run `windlass explain unused` for more
    ");
    assert!(!render("a: 1\n", vec![finding()], false).contains('\u{1b}'));
}

#[test]
fn many_findings_are_cut_and_counted() {
    let text = "x: y\n".repeat(300);
    let findings = (0..300)
        .map(|n| Finding::new(Code::Unused, Span::new(n * 5, n * 5 + 1), format!("{n}")))
        .chain([Finding::new(
            Code::Drift,
            Location::Line {
                path: "f".into(),
                line: 1,
            },
            "differs",
        )])
        .collect();
    let shown = render(&text, findings, false);
    assert!(shown.contains("windlass.yml:100:1: warning[unused]: 99\n"));
    assert!(!shown.contains("windlass.yml:101:1"));
    let end: Vec<&str> = shown.lines().rev().take(3).collect();
    assert_eq!(
        end,
        [
            "1 error, 300 warnings; run `windlass explain drift` for more",
            "",
            "... and 201 more"
        ]
    );
}

/// The processor time of this thread so far: a busy machine adds nothing to it.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}

#[test]
fn a_large_file_with_many_findings_takes_no_time() {
    // Once in many lines, once in a single one.
    for line in ["key: value\n", "key: value,"] {
        let text = line.repeat((8 << 20) / line.len());
        let mut report = Report::about(Source::new("windlass.yml", text));
        for n in 0..20_000 {
            let at = n * 400;
            let finding = Finding::new(Code::UnknownKey, Span::new(at, at + 3), "no such key");
            report.push(finding.related(Span::new(at + 11, at + 14), "this"));
        }
        for format in [Format::Text, Format::Json, Format::Gitlab, Format::Sarif] {
            let begin = processor_time();
            let out = show(format, &report, Style::default()).expect("writes");
            let took = processor_time() - begin;
            println!("{format:?}: {took:?}, {} bytes", out.as_str().len());
            // Far above what it takes (about 1 s unoptimised), far below anything quadratic.
            assert!(took < Duration::from_secs(20), "{format:?} took {took:?}");
        }
    }
}

#[test]
fn findings_of_several_files_stand_in_the_order_of_the_files_and_places() {
    let files = [
        Source::new(".gitlab-ci.yml", "include: ci/a.yml\nb: {script: x}\n"),
        Source::new("ci/a.yml", "a:\n  script: x\n  foo: 1\n"),
        // The same file, included a second time.
        Source::new("ci/a.yml", "a:\n  script: x\n  foo: 1\n"),
    ];
    let place = |file: usize, needle: &str| Place {
        file,
        span: span(&files[file].text, needle),
    };
    let unknown = |file| Finding::new(Code::UnknownKey, place(file, "foo"), "no such key");
    let findings = vec![
        unknown(2),
        unknown(1).related(place(0, "ci/a.yml"), "included here"),
        unknown(1),
        Finding::new(Code::UnknownJob, place(0, "b"), "no such job").related(place(1, "a"), "a"),
    ];
    assert_snapshot!(render_files(&files, findings, false), @r"
    .gitlab-ci.yml:2:1: error[unknown-job]: no such job
      |
    2 | b: {script: x}
      | ^
      note: ci/a.yml:1:1: a

    ci/a.yml:3:3: error[unknown-key]: no such key
      |
    3 |   foo: 1
      |   ^^^

    ci/a.yml:3:3: error[unknown-key]: no such key
      |
    3 |   foo: 1
      |   ^^^
      note: .gitlab-ci.yml:1:10: included here

    3 errors; run `windlass explain unknown-job` for more
    ");
}

/// Text with everything that could disturb: controls, wide and combining characters, long lines.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c:\\- \t\n\r\u{1b}\u{9b}\u{7f}\u{202e}é値👩\u{200d}\u{301}]{0,300}",
        ".{0,60}",
        ("[a値\t]{0,3}", 0usize..400).prop_map(|(unit, n)| unit.repeat(n)),
    ]
}

fn any_finding() -> impl Strategy<Value = Finding> {
    let span = || (0usize..700, 0usize..700).prop_map(|(start, end)| Span::new(start, end));
    let place = prop_oneof![
        // The report has two files.
        6 => (0usize..3, span()).prop_map(|(file, span)| Location::Text(Place { file, span })),
        1 => Just(Location::from(Span::new(usize::MAX, usize::MAX))),
        1 => (any_text(), any::<usize>()).prop_map(|(path, line)| Location::Line { path, line }),
        1 => (0usize..3).prop_map(Location::File),
    ];
    let related = prop::collection::vec((0usize..3, span(), any_text()), 0..12);
    let code = prop::sample::select(Code::ALL);
    let texts = (any_text(), any_text(), any_text());
    (code, place, texts, related).prop_map(|(code, place, (message, label, help), related)| {
        related.into_iter().fold(
            Finding::new(code, place, message).label(label).help(help),
            |finding, (file, span, message)| finding.related(Place { file, span }, message),
        )
    })
}

/// The text without the colour sequences that windlass itself writes: `ESC [ digits ; m`.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        plain.push_str(rest.strip_prefix('m').unwrap_or("\u{1b}"));
    }
    plain
}

proptest! {
    #[test]
    fn no_input_breaks_the_text(
        texts in (any_text(), any_text()),
        names in (any_text(), any_text()),
        findings in prop::collection::vec(any_finding(), 0..6),
    ) {
        let files = [Source::new(names.0, texts.0), Source::new(names.1, texts.1)];
        let plain = render_files(&files, findings.clone(), false);
        prop_assert!(plain.chars().all(|c| c == '\n' || !c.is_control()), "{plain:?}");
        let coloured = render_files(&files, findings, true);
        prop_assert_eq!(without_colours(&coloured), plain);
    }
}
