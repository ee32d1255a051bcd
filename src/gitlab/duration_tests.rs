use super::*;
use proptest::prelude::*;

fn seconds(text: &str) -> Option<u64> {
    parse(text).ok().map(|d| d.as_secs())
}

/// Answers of gitlab-chronic-duration 0.10.6, run on these texts.
#[test]
fn agrees_with_the_gem() {
    let cases = [
        ("1 week", 604_800),
        ("1 hour 30 minutes", 5_400),
        ("3h 30m", 12_600),
        ("3h30m", 12_600),
        ("2 hrs", 7_200),
        ("1d", 86_400),
        ("42", 42),
        ("10 mins", 600),
        ("1 mo", 2_592_000),
        ("day", 86_400),
        ("day 2 hours", 93_600),
        ("1.5 hours", 5_400),
        (".5 hours", 1_800),
        ("1 hour, 30 minutes", 5_400),
        ("1 hour,30 minutes", 5_400),
        ("1 hour and 30 minutes", 5_400),
        ("1 day plus 2 hours", 93_600),
        ("47 yrs 6 mos and 4d", 1_499_104_800),
        (" 1 Week ", 604_800),
        ("1w2d", 777_600),
        ("1\thour", 3_600),
        ("3 h 3 h", 21_600),
        ("1 d,", 86_400),
    ];
    for (text, expected) in cases {
        assert_eq!(seconds(text), Some(expected), "{text}");
    }
}

#[test]
fn refuses_what_the_gem_refuses() {
    let refused = [
        "never",
        "0",
        "0 days",
        "",
        "  ",
        "soon",
        "a day",
        "half an hour",
        "2 fortnights",
        "-1 day",
        "+1 day",
        "1 day ago",
        "1/2 hour",
        "1. hour",
        "1,5 hours",
        "$T",
        "1 hour $T",
        "1 day , 2 hours",
        "1;2",
        "1e3 s",
        "1_000 s",
        "１ day",
        "1 d.",
        "1 week!",
        "1-2 days",
        "1..5 h",
    ];
    for text in refused {
        assert_eq!(seconds(text), None, "{text}");
    }
}

#[test]
fn refuses_what_misleads_though_the_gem_takes_it() {
    for text in [
        "1:30",
        "1 hour 30",
        "1 1 1 hour",
        "two weeks",
        "1.5.5 hours",
        "hour 1",
        "1 with",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
    assert_eq!(
        parse("1 hour 30").unwrap_err().to_string(),
        "has `30` without a unit; write it like `30 minutes`"
    );
}

#[test]
fn limits_are_strict() {
    assert!(parse_timeout("30 days").is_ok());
    assert!(parse_timeout("2629745").is_ok() && parse_timeout("2629746").is_err());
    assert!(parse_start_in("6 days 23 hours").is_ok() && parse_start_in("1 week").is_err());
    assert_eq!(parse_or_never("Never"), Ok(None));
    assert_eq!(parse_or_never("1s"), Ok(Some(Duration::from_secs(1))));
}

/// The verdicts of GitLab 18.11.2 on whole files.
#[test]
fn agrees_with_gitlab_on_whole_files() {
    let mut seen = 0;
    for case in crate::gitlab::verdicts(include_str!("../../tests/verdicts/durations.jsonl")) {
        let job = case.job("a");
        let answer = if let Some(timeout) = job.get("timeout") {
            timeout.as_str().is_some_and(|t| parse_timeout(t).is_ok())
        } else {
            let expire_in = &job["artifacts"]["expire_in"];
            expire_in
                .as_str()
                .is_some_and(|t| parse_or_never(t).is_ok())
        };
        assert_eq!(answer, case.valid, "{}", case.id);
        seen += 1;
    }
    assert_eq!(seen, 12);
}

/// Values from the rules of Go's `time.ParseDuration` (Go 1.23).
#[test]
fn go_durations() {
    let millis = |text: &str| parse_go(text).ok().map(|d| d.as_millis());
    for (text, expected) in [
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("90s", 90_000),
        ("1.5h", 5_400_000),
        (".5s", 500),
        ("1.s", 1_000),
        ("100ms", 100),
        ("0", 0),
        ("0s", 0),
    ] {
        assert_eq!(millis(text), Some(expected), "{text}");
    }
    for text in [
        "",
        "5",
        "5 m",
        "5min",
        "-5m",
        "m",
        ".s",
        "1d",
        "5m ",
        "$T",
        "300000000h",
    ] {
        assert_eq!(millis(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in ".{0,40}") {
        let _ = (parse_timeout(&text), parse_start_in(&text), parse_go(&text));
        if let Ok(duration) = parse(&text) {
            prop_assert!(duration.as_secs() > 0);
        }
    }

    #[test]
    fn sums_of_units_are_exact(h in 0_u64..1000, m in 0_u64..1000, s in 1_u64..1000) {
        let expected = h * 3600 + m * 60 + s;
        prop_assert_eq!(seconds(&format!("{h} hours {m}m, {s}sec")), Some(expected));
        let go = parse_go(&format!("{h}h{m}m{s}s"));
        prop_assert_eq!(go, Ok(Duration::from_secs(expected)));
    }

    #[test]
    fn words_of_the_language_are_answered(
        words in proptest::collection::vec("[0-9]{1,25}|[.]|[0-9]{1,3}[.][0-9]{1,12}|day|h|ns|years|and|,| ", 0..8)
    ) {
        let text = words.concat();
        let _ = (parse(&text), parse_go(&text));
    }
}
