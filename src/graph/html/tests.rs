use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::graph::{Graph, Node, Stage, Started};

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            match digit <= chunk.len() {
                true => out.push(char::from(DIGITS[(bits >> (18 - 6 * digit)) as usize & 63])),
                false => out.push('='),
            }
        }
    }
    out
}

fn page(name: &str) -> String {
    let node = Node {
        name: name.to_owned(),
        ..Node::default()
    };
    let child = Node {
        started: Some(Started {
            is_child: true,
            jobs: Some(vec![name.to_owned()]),
        }),
        ..node.clone()
    };
    let stage = Stage {
        name: name.to_owned(),
        jobs: vec![node, child],
    };
    let graph = Graph {
        title: name.to_owned(),
        stages: vec![stage],
    };
    let page = Page {
        file: name.to_owned(),
        views: vec![View::of_graph(graph, name)],
        missing: vec![name.to_owned()],
    };
    page.draw()
}

#[test]
fn the_page_lets_nothing_in() {
    for (text, kind) in [(STYLE, "style"), (SCRIPT, "script")] {
        let hash = base64(&Sha256::digest(text.as_bytes()));
        let wanted = format!("{kind}-src 'sha256-{hash}'");
        assert!(POLICY.contains(&wanted), "POLICY lacks {wanted}");
    }
    assert!(POLICY.starts_with("default-src 'none'; "));
    let drawn = page("x");
    for word in [
        "src=", "href", "@import", "<link", "<iframe", "<img", "fetch(", "XMLHttp", "import(",
    ] {
        assert!(!drawn.contains(word), "{word}");
    }
    // The name of SVG's elements is no address; the tips of arrows are in the page.
    assert_eq!(drawn.matches("://").count(), 1);
    assert_eq!(
        drawn.matches("url(").count(),
        drawn.matches("url(#tip)").count()
    );
    for word in [
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
    ] {
        assert!(!SCRIPT.contains(word), "{word}");
    }
}

/// Pieces of what ends a script, a title or an attribute, and of what disturbs a terminal.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<",
        ">",
        "</script>",
        "<script>",
        "<!--",
        "-->",
        "</title>",
        "]]>",
        "\"",
        "'",
        "&",
        "&lt;",
        "\\u003c",
        "\\",
        "\u{2028}",
        "\u{202e}",
        "\u{1b}[2J",
        "\0",
        "\n",
        "é",
        "x",
        "`",
        "${y}",
        "javascript:",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a pipeline says, the page has the same elements, and its data holds what was said.
    #[test]
    fn a_name_is_only_text(name in hostile()) {
        let (drawn, plain) = (page(&name), page("x"));
        let elements = |page: &str| {
            let starts = page.match_indices('<').map(|(at, _)| &page[at..]);
            let name = |rest: &str| rest.split([' ', '>']).next().unwrap().to_owned();
            starts.map(name).collect::<Vec<_>>()
        };
        prop_assert_eq!(elements(&drawn), elements(&plain));
        let (_, rest) = drawn.split_once("id=\"data\">").unwrap();
        let (data, _) = rest.split_once("</script>").unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        let seen: String = name.chars().map(|c| if c.is_control() { c } else { shown::visible(c) }).collect();
        prop_assert_eq!(data["drawn"][0]["jobs"][0]["name"].as_str(), Some(&*seen));
        prop_assert_eq!(data["missing"][0].as_str(), Some(&*seen));
        prop_assert!(!data["texts"].as_array().unwrap().is_empty());
    }
}

#[test]
fn refs_with_equal_pipelines_are_drawn_once() {
    let graph = |title: &str| Graph {
        title: title.to_owned(),
        ..Graph::default()
    };
    let view = |name: &str| View::of_graph(graph(name), "same");
    let page = Page {
        views: vec![view("branch a"), view("branch b")],
        ..Page::default()
    };
    let data: Value = serde_json::from_str(&page.data()).unwrap();
    assert_eq!(data["drawn"].as_array().unwrap().len(), 1);
    assert_eq!(data["refs"][1], json!({ "name": "branch b", "drawn": 0 }));
}
