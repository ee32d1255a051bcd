//! What is included from elsewhere is of one version, and comes unchanged.
//!
//! Facts: without `ref` a file is that of the other project's default branch; `integrity` (17.9) compares
//! a remote file with a digest ("include", 18.11).

use crate::config::{Map, Node, Place, load_text};
use crate::finding::{Code, Finding};
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;

/// Refs that move.
const BRANCHES: [&str; 9] = [
    "main", "master", "develop", "dev", "trunk", "HEAD", "latest", "stable", "~latest",
];

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let sources = lint.config.sources.clone();
    for (file, source) in sources.iter().enumerate() {
        let Ok(tree) = load_text(source) else {
            continue;
        };
        let Some(include) = tree.get("include") else {
            continue;
        };
        let items = match include.as_seq() {
            Some(items) => items,
            None => std::slice::from_ref(include),
        };
        for item in items {
            let place = Place { file, ..item.place };
            let found = match (item.as_map(), item.as_str()) {
                (Some(entry), _) => of_entry(entry),
                (None, Some(text)) => remote(text, false),
                (None, None) => None,
            };
            let Some((message, help)) = found else {
                continue;
            };
            if lint.is_new(Code::UnpinnedInclude, &format!("{place:?}")) {
                lint.push(Finding::new(Code::UnpinnedInclude, place, message).help(help));
            }
        }
    }
}

fn text(entry: &Map, key: &str) -> Option<String> {
    entry.given(key).and_then(Node::scalar_text)
}

/// What is wrong with an entry, and what to write.
fn of_entry(entry: &Map) -> Option<(String, &'static str)> {
    const REF: &str = "name a tag or a commit in `ref`";
    if let Some(project) = text(entry, "project") {
        return match text(entry, "ref") {
            None => Some((
                format!("`{project}` is included as its default branch is by then"),
                REF,
            )),
            Some(at) if BRANCHES.contains(&at.as_str()) => {
                Some((format!("`{project}` is included as `{at}` is by then"), REF))
            }
            Some(_) => None,
        };
    }
    if let Some(component) = text(entry, "component") {
        let (name, version) = component.rsplit_once('@')?;
        return BRANCHES.contains(&version).then(|| {
            (
                format!("the component `{name}` is included as `{version}` is by then"),
                "name a version, as `@1.4.0`, or a commit",
            )
        });
    }
    remote(&text(entry, "remote")?, entry.given("integrity").is_some())
}

/// A file of an address.
fn remote(address: &str, is_checked: bool) -> Option<(String, &'static str)> {
    if is_checked {
        return None;
    }
    if address.starts_with("http://") {
        return Some((
            format!("`{address}` comes over a connection that anybody on the way can change"),
            "use `https://`, and say in `integrity` what the file is",
        ));
    }
    let path = address.strip_prefix("https://")?;
    let parts = || path.split('/').skip(1);
    let moves = parts().any(|part| BRANCHES.contains(&part));
    (moves || !parts().any(is_version)).then(|| {
        (
            format!("`{address}` is included as it is by then"),
            "name a tag or a commit in the address, or say in `integrity` what the file is",
        )
    })
}

/// Whether a part of an address names a version or a commit, as `v1.4.0` or `lint-2.yml`.
fn is_version(part: &str) -> bool {
    let is_commit = part.len() >= 7 && part.chars().all(|c| c.is_ascii_hexdigit());
    is_commit || part.chars().any(|c| c.is_ascii_digit())
}
