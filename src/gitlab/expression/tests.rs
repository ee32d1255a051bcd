use super::*;
use proptest::prelude::*;

fn written(text: &str) -> String {
    parse(text).unwrap().to_string()
}

fn error(text: &str) -> (usize, String, Option<String>) {
    let error = parse(text).unwrap_err();
    (error.offset, error.message, error.help)
}

#[test]
fn only_the_parentheses_that_are_needed_stay() {
    for (text, canonical) in [
        ("(($A))", "$A"),
        ("($A == 'x') && ($B)", "$A == \"x\" && $B"),
        ("($A || $B) && $C", "($A || $B) && $C"),
        ("$A || ($B && $C)", "$A || $B && $C"),
        ("$A || ($B || $C)", "$A || $B || $C"),
        ("!($A)", "!$A"),
        ("!($A == $B)", "!($A == $B)"),
        ("(!$A) == $B", "!$A == $B"),
        ("($A == $B) == $C", "$A == $B == $C"),
        ("$A == ($B == $C)", "$A == ($B == $C)"),
        ("'say \"x\"'==$A", "'say \"x\"' == $A"),
        ("$A=~/a\\/b/i", "$A =~ /a\\/b/i"),
        ("$[[inputs.x]] == true", "$[[ inputs.x ]] == true"),
    ] {
        assert_eq!(written(text), canonical);
    }
}

#[test]
fn mistakes_point_at_the_place_and_say_what_was_meant() {
    let help = |text: &str| error(text).2.unwrap_or_default();
    assert_eq!(
        error("$A == \"x\" && ${B}"),
        (
            13,
            "has braces, which a condition does not know".to_owned(),
            Some("write `$B`".into())
        )
    );
    assert_eq!(help("$A = 'x'"), "write `==`");
    assert_eq!(help("$A and $B"), "write `&&`");
    assert_eq!(
        help("$A == master"),
        "a text stands in quotes: `\"master\"`"
    );
    assert_eq!(help("$A =~ /ab/g"), "the flags are `i`, `s`, `m` and `U`");
    assert_eq!(error("$A =~ /ab/ig").0, 11);
    assert_eq!(error("$A =~ /x/").0, 8);
    assert_eq!(error("$A =~ /a(b/").0, 8);
    assert_eq!(error("$A &&").0, 5);
    assert_eq!(error("  ").0, 2);
    assert_eq!(error("$A $B").0, 3);
    assert_eq!(
        error("($A"),
        (
            3,
            "does not close a parenthesis".into(),
            Some("write a `)` here".into())
        )
    );
    assert_eq!(error("$A)").0, 2);
    assert_eq!(error("== $A").0, 0);
}

#[test]
fn builders_write_what_gitlab_reads() {
    let pattern = Pattern::parse("/^release/x-/").unwrap();
    let all = Expr::all([
        Expr::branch_is("it's").unwrap(),
        Expr::any([
            Expr::tag_matches(&pattern).unwrap(),
            Expr::source_is("schedule").unwrap(),
        ])
        .unwrap(),
        Expr::is_set("CI_COMMIT_TAG").unwrap().negated(),
        Expr::branch_matches(&pattern).unwrap().negated(),
    ])
    .unwrap();
    insta::assert_snapshot!(all, @r#"$CI_COMMIT_BRANCH == "it's" && ($CI_COMMIT_TAG =~ /^release\/x-/ || $CI_PIPELINE_SOURCE == "schedule") && !$CI_COMMIT_TAG && $CI_COMMIT_BRANCH !~ /^release\/x-/"#);
    assert_eq!(parse(&all.to_string()), Ok(all));
    assert_eq!(
        Expr::tag_is("a\"b").unwrap().to_string(),
        "$CI_COMMIT_TAG == 'a\"b'"
    );
    assert!(Expr::branch_is("a\"b'c").is_err());
    assert!(Expr::branch_matches(&Pattern::parse("/x/").unwrap()).is_err());
    assert!(Expr::is_set("$A").is_err() && Expr::is_set("").is_err());
    assert_eq!(Expr::any([]), None);
}

#[test]
fn the_first_gitlab_that_understands() {
    let since = |text: &str| parse(text).unwrap().since().to_string();
    assert_eq!(since("$A"), "10.7");
    assert_eq!(since("$A == \"x\""), "10.7");
    assert_eq!(since("$A =~ /ab/"), "11.0");
    assert_eq!(since("$A != \"x\""), "11.11");
    assert_eq!(since("($A) || $B"), "12.0");
    assert_eq!(since("($A || $B) && $C"), "13.3");
    assert_eq!(since("!$A"), "18.11");
}

#[test]
fn many_operands_are_no_depth() {
    let many = (0..20_000).map(|n| Expr::branch_is(&n.to_string()).unwrap());
    let expr = Expr::any(many).unwrap();
    assert!(!expr.fits());
    assert_eq!(expr.tokens(), 79_999);
    assert!(
        expr.to_string()
            .ends_with("|| $CI_COMMIT_BRANCH == \"19999\"")
    );
}

#[test]
fn what_is_not_known_stays_unknown_unless_it_cannot_matter() {
    let look_up = |name: &str| match name {
        "A" => Lookup::Set("x".into()),
        "E" => Lookup::Set(String::new()),
        "FULL" => Lookup::Filled,
        "NOPE" => Lookup::Unset,
        _ => Lookup::Unknown,
    };
    let truth = |text: &str| evaluate(&parse(text).unwrap(), &look_up);
    for (text, expected) in [
        ("$U", Truth::Unknown),
        ("$FULL", Truth::True),
        ("!$FULL", Truth::False),
        ("$FULL == null", Truth::False),
        ("$FULL != null", Truth::True),
        ("$FULL == \"\"", Truth::False),
        ("$FULL == \"x\"", Truth::Unknown),
        ("$U && $NOPE", Truth::False),
        ("$U == \"x\" || $A", Truth::True),
        ("$U == \"x\" && $A == \"y\"", Truth::False),
        // U may be empty: then it is the answer, and false.
        ("$U || $A", Truth::Unknown),
        ("$U =~ $NOPE", Truth::False),
        ("$U !~ $NOPE", Truth::True),
        ("$U =~ /ab/", Truth::Unknown),
        ("$U =~ true", Truth::Raises),
        ("$U == \"x\" && $A =~ true", Truth::Unknown),
        ("$NOPE && $A =~ true", Truth::False),
        ("$A == \"x\" || $A =~ true", Truth::True),
        ("$E || $A", Truth::False),
        ("/ab/ == $A", Truth::Raises),
        ("/ab/ == /ab/", Truth::True),
        ("$[[ inputs.u ]] == true", Truth::Unknown),
    ] {
        assert_eq!(truth(text), expected, "{text}");
    }
}

/// Any expression that can be made.
fn exprs() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        "[A-Za-z0-9_]{1,6}".prop_map(|name| Expr::variable(&name).unwrap()),
        "[a-z]{1,4}".prop_map(|name| Expr::input(&name).unwrap()),
        "[^'\n]{0,6}".prop_map(|text| Expr::text(&text).unwrap()),
        "[^\"\n]{0,6}".prop_map(|text| Expr::text(&text).unwrap()),
        "/[a-z/.^é|+]{1,6}/[ismU]{0,2}".prop_filter_map("no pattern", |text| {
            Expr::pattern(&Pattern::parse(&text).ok()?).ok()
        }),
        any::<bool>().prop_map(Expr::Bool),
        Just(Expr::Null),
    ];
    let ops = prop::sample::select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Match,
        Comparison::NotMatch,
    ]);
    leaf.prop_recursive(5, 40, 3, move |inner| {
        prop_oneof![
            inner.clone().prop_map(|e| Expr::Not(Box::new(e))),
            (ops.clone(), inner.clone(), inner.clone())
                .prop_map(|(op, l, r)| Expr::compare(op, l, r)),
            (inner.clone(), inner.clone()).prop_map(|(l, r)| l.or(r)),
            (inner.clone(), inner).prop_map(|(l, r)| l.and(r)),
        ]
    })
}

/// Values for the variables of [`exprs`], by the first letter.
fn values(name: &str) -> Lookup {
    match name.bytes().next().unwrap_or(0) % 4 {
        0 => Lookup::Unset,
        1 => Lookup::Set(String::new()),
        2 => Lookup::Set("/b.*/".into()),
        _ => Lookup::Set("abc".into()),
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(expr in exprs()) {
        let text = expr.to_string();
        if expr.fits() {
            prop_assert_eq!(parse(&text), Ok(expr), "{}", text);
        } else {
            prop_assert!(parse(&text).is_err());
        }
    }

    #[test]
    fn any_text_is_answered(text in ".{0,40}") {
        if let Err(error) = parse(&text) {
            prop_assert!(text.is_char_boundary(error.offset));
        }
    }

    #[test]
    fn words_of_the_language_are_answered(words in proptest::collection::vec(
        prop::sample::select(vec![
            "$A", "$", "${A}", "\"x\"", "'", "\"", "/ab/", "/a(b/i", "/", "\\/", "==", "=~", "!",
            "!~", "&&", "|", "(", ")", "null", "true", "and", " ", "é", "$[[ inputs.a ]]", "\n",
        ]), 0..12)
    ) {
        let text = words.concat();
        match parse(&text) {
            Ok(expr) => prop_assert_eq!(parse(&expr.to_string()), Ok(expr)),
            Err(error) => prop_assert!(text.is_char_boundary(error.offset)),
        }
    }

    /// Forgetting what a variable holds never turns an answer into its opposite.
    #[test]
    fn less_knowledge_is_never_another_answer(expr in exprs(), forgotten in 0_u8..3) {
        let known = evaluate(&expr, &values);
        let partly = evaluate(&expr, &|name| {
            if name.len() % 3 == usize::from(forgotten) { Lookup::Unknown } else { values(name) }
        });
        prop_assert!(partly == Truth::Unknown || partly == known, "{} {:?} {:?}", expr, known, partly);
    }
}
