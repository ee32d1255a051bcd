//! What a manifest makes of a preset under it.
//!
//! In: two trees. Out: one. Always holds: where both say something, the upper one is in effect, down to the key that
//! the table names and no deeper; an empty value of the upper one stays, and takes away what is under it.

use std::collections::HashSet;
use std::rc::Rc;

use crate::source::{Entry, Kind, Node};

/// How two values of one key become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    /// The upper one is in effect.
    Whole,
    /// Lists: what the lower one has, and then what the upper one has.
    Added,
    /// Mappings, name by name; each value as a whole.
    Names,
    /// Mappings, key by key; variables and build arguments name by name.
    Keys,
    /// Mappings, name by name, and each of them key by key.
    Entities,
    /// `defaults`: for each kind key by key.
    Defaults,
    /// The whole manifest.
    Manifest,
}

/// The table of `docs/presets.md`. A key that is not in it is taken as a whole.
const TABLE: &[(&[&str], Merge)] = &[
    (&["include", "accept"], Merge::Added),
    (&["variables", "refs", "jobs"], Merge::Names),
    (
        &["tools", "docker", "kubernetes", "compose", "pipeline"],
        Merge::Keys,
    ),
    (&["registries"], Merge::Entities),
    (KINDS, Merge::Entities),
    (&["defaults"], Merge::Defaults),
];

/// The collections of entities.
const KINDS: &[&str] = &["images", "tests", "tasks", "environments", "promotions"];

impl Merge {
    /// How the values of a key are merged that stands in what this merges.
    fn below(self, key: &str) -> Self {
        match self {
            Self::Manifest => {
                let row = TABLE.iter().find(|(keys, _)| keys.contains(&key));
                row.map_or(Self::Whole, |(_, merge)| *merge)
            }
            Self::Entities => Self::Keys,
            Self::Defaults if KINDS.contains(&key) => Self::Keys,
            Self::Keys if ["variables", "build_args"].contains(&key) => Self::Names,
            Self::Whole | Self::Added | Self::Names | Self::Keys | Self::Defaults => Self::Whole,
        }
    }
}

/// The upper tree over the lower one.
pub(super) fn merged(under: &Node, over: &Node, how: Merge) -> Node {
    if under.tag.is_some() || over.tag.is_some() {
        return over.clone();
    }
    let kind = match (&under.kind, &over.kind) {
        (Kind::Sequence(first), Kind::Sequence(then)) if how == Merge::Added => Kind::Sequence(
            first
                .iter()
                .chain(then.iter())
                .cloned()
                .collect::<Rc<[Node]>>(),
        ),
        (Kind::Mapping(lower), Kind::Mapping(upper))
            if !matches!(how, Merge::Whole | Merge::Added) =>
        {
            Kind::Mapping(mapping(lower, upper, how))
        }
        _ => return over.clone(),
    };
    Node {
        kind,
        ..over.clone()
    }
}

/// What only the lower mapping has stands before what the upper one has. An entity that is empty in the upper one
/// is taken away.
fn mapping(lower: &[Entry], upper: &[Entry], how: Merge) -> Rc<[Entry]> {
    let own: HashSet<&str> = upper.iter().map(|entry| &*entry.key.value).collect();
    let from_below = lower
        .iter()
        .filter(|entry| !own.contains(&*entry.key.value));
    let lower: std::collections::HashMap<&str, &Node> = lower
        .iter()
        .map(|entry| (&*entry.key.value, &entry.value))
        .collect();
    let by_name = matches!(how, Merge::Entities | Merge::Names);
    let taken_away =
        |entry: &&Entry| by_name && entry.value.is_null() && lower.contains_key(&*entry.key.value);
    let over_it = upper
        .iter()
        .filter(|entry| !taken_away(entry))
        .map(|entry| match lower.get(&*entry.key.value) {
            Some(under) => Entry {
                value: merged(under, &entry.value, how.below(&entry.key.value)),
                ..entry.clone()
            },
            None => entry.clone(),
        });
    from_below.cloned().chain(over_it).collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::finding::Report;
    use crate::source::{Limits, Source, parse};

    fn tree(text: &str) -> Node {
        parse(
            &Source::new("m", text),
            Limits::MANIFEST,
            &mut Report::default(),
        )
        .unwrap()
    }

    /// A tree in flow style.
    fn flow(node: &Node, out: &mut String) {
        match &node.kind {
            Kind::Scalar(scalar) => out.push_str(&scalar.text),
            Kind::Sequence(items) => {
                out.push('[');
                for item in items.iter() {
                    flow(item, out);
                    out.push(' ');
                }
                out.push(']');
            }
            Kind::Mapping(entries) => {
                out.push('{');
                for entry in entries.iter() {
                    let _ = write!(out, "{}:", entry.key.value);
                    flow(&entry.value, out);
                    out.push(' ');
                }
                out.push('}');
            }
        }
    }

    #[test]
    fn each_row_of_the_table() {
        for (under, over, want) in [
            ("gitlab: 17", "gitlab: 18", "{gitlab:18 }"),
            ("stages: [a, b]", "stages: [c]", "{stages:[c ] }"),
            (
                "include: [{a: 1}]",
                "include: [{b: 2}]",
                "{include:[{a:1 } {b:2 } ] }",
            ),
            ("accept: [x]", "accept: null", "{accept:null }"),
            (
                "variables: {A: 1, B: 2}",
                "variables: {B: 3, C: 4}",
                "{variables:{A:1 B:3 C:4 } }",
            ),
            (
                "refs: {m: {branches: a}}",
                "refs: {m: {tags: b}}",
                "{refs:{m:{tags:b } } }",
            ),
            (
                "tools: {git: a, helm: b}",
                "tools: {git: c}",
                "{tools:{helm:b git:c } }",
            ),
            (
                "jobs: {a: {x: 1}}",
                "jobs: {a: {y: 2}}",
                "{jobs:{a:{y:2 } } }",
            ),
            (
                "registries: {r: {host: a, path: b}}",
                "registries: {r: {host: c}}",
                "{registries:{r:{path:b host:c } } }",
            ),
            (
                "tests: {t: {image: a, variables: {A: 1}, artifacts: {paths: [a]}}}",
                "tests: {t: {script: b, variables: {B: 2}, artifacts: {expire_in: never}}}",
                "{tests:{t:{image:a script:b variables:{A:1 B:2 } artifacts:{expire_in:never } } } }",
            ),
            ("tests: {t: {image: a}}", "tests: {t: null}", "{tests:{} }"),
            (
                "defaults: {timeout: 1, tests: {image: a, retry: {max: 1}}}",
                "defaults: {tests: {retry: {when: x}}, refs: [a]}",
                "{defaults:{timeout:1 tests:{image:a retry:{when:x } } refs:[a ] } }",
            ),
            (
                "variables: {A: 1}",
                "variables: !x {B: 2}",
                "{variables:{B:2 } }",
            ),
            ("tools: [a]", "tools: {git: b}", "{tools:{git:b } }"),
        ] {
            let mut got = String::new();
            flow(
                &merged(&tree(under), &tree(over), Merge::Manifest),
                &mut got,
            );
            assert_eq!(got, want, "{under} under {over}");
        }
    }

    #[test]
    fn the_table_names_every_key_that_is_not_taken_as_a_whole() {
        use crate::manifest::{Manifest, record::Record as _};
        let whole = [
            "windlass",
            "made_for",
            "presets",
            "gitlab",
            "stages",
            "includes_from",
        ];
        for key in Manifest::keys() {
            let is_whole = Merge::Manifest.below(key.name) == Merge::Whole;
            assert_eq!(is_whole, whole.contains(&key.name), "{}", key.name);
        }
    }
}
