use super::*;

fn read(text: &str) -> (Option<Node>, Vec<(Code, Span)>) {
    let mut report = Report::default();
    let node = parse(&Source::new("m", text), Limits::MANIFEST, &mut report);
    let found = report.sorted().into_iter().map(|f| match f.location {
        crate::finding::Location::Text(crate::source::Place { span, .. }) => (f.code, span),
        _ => (f.code, Span::default()),
    });
    (node, found.collect())
}

#[test]
fn every_duplicate_is_reported() {
    let (_, found) = read("a: 1\nb: {c: 1, c: 2}\na: 2\n");
    assert_eq!(
        found,
        [
            (Code::DuplicateKey, Span::new(15, 16)),
            (Code::DuplicateKey, Span::new(21, 22))
        ]
    );
}

#[test]
fn an_alias_points_at_its_use() {
    let (node, found) = read("a: &x [1]\nb: *x\n");
    assert!(found.is_empty());
    let Some(Node {
        kind: Kind::Mapping(entries),
        ..
    }) = node
    else {
        panic!("no mapping")
    };
    assert_eq!(entries[1].value.span, Span::new(13, 15));
    assert_eq!(entries[1].value.defined, Some(Span::new(6, 9)));
}

#[test]
fn merge_keys_yield_to_explicit_ones() {
    let (node, _) = read("a: &x {k: 1, l: 1}\nb: {<<: *x, k: 2}\n");
    let Some(Node {
        kind: Kind::Mapping(entries),
        ..
    }) = node
    else {
        panic!("no mapping")
    };
    let Kind::Mapping(b) = &entries[1].value.kind else {
        panic!("no mapping")
    };
    let keys: Vec<_> = b.iter().map(|e| e.key.value.to_string()).collect();
    assert_eq!(keys, ["k", "l"]);
    assert_eq!(b[0].value.describe(), "`2`");
}

#[test]
fn bombs_are_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let p = n - 1;
        text += &format!("a{n}: &a{n} [*a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}]\n");
    }
    assert_eq!(read(&text).1[0].0, Code::TooLarge);
    assert_eq!(read(&"[".repeat(200_000)).1[0].0, Code::YamlSyntax);
    assert_eq!(read("a: &a [*a]").1[0].0, Code::YamlSyntax);
}
