//! The references that only a file which is not read can resolve.
//!
//! In: the tree, `extends` done. Out: for each top-level key where such references stand in it, and what they name:
//! `script[1]: [.login, script]`. Always holds: also a reference within what a reference leads to is found, at the
//! place of the first one; a tree with too many values says so for each key that is left.

use std::collections::BTreeMap;

use super::value::{Map, Node, Value};

/// Values that are looked at in a whole tree.
const VALUES: usize = 1_000_000;

/// How deep values and references are followed.
const LEVELS: usize = 200;

/// The open references of each top-level key that has any.
pub(super) fn open_references(root: &Map) -> BTreeMap<String, Vec<String>> {
    let mut left = VALUES;
    let mut all = BTreeMap::new();
    for (key, entry) in root.iter() {
        let mut walk = Walk {
            root,
            left,
            found: Vec::new(),
        };
        walk.node(&entry.value, "", 0);
        left = walk.left;
        if !walk.found.is_empty() {
            all.insert(key.text.to_string(), walk.found);
        }
    }
    all
}

struct Walk<'r> {
    root: &'r Map,
    left: usize,
    found: Vec<String>,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, at: &str, level: usize) {
        let (true, Some(left)) = (level < LEVELS, self.left.checked_sub(1)) else {
            if self.found.last().is_none_or(|last| last != TOO_MANY) {
                self.found.push(TOO_MANY.to_owned());
            }
            return;
        };
        self.left = left;
        match &node.value {
            Value::Map(map) => {
                for (key, entry) in map.iter() {
                    let at = match at {
                        "" => key.text.to_string(),
                        at => format!("{at}:{}", key.text),
                    };
                    self.node(&entry.value, &at, level + 1);
                }
            }
            Value::Seq(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.node(item, &format!("{at}[{index}]"), level + 1);
                }
            }
            Value::Reference(path) => match self.target(path) {
                Some(target) => self.node(&target, at, level + 1),
                None => {
                    let names: Vec<&str> = path.iter().filter_map(Node::as_str).collect();
                    let names = names.join(", ");
                    self.found.push(match at {
                        "" => format!("!reference [{names}]"),
                        at => format!("{at}: !reference [{names}]"),
                    });
                }
            },
            _ => {}
        }
    }

    /// Where a reference leads, if it is in a file that is read.
    fn target(&self, path: &[Node]) -> Option<Node> {
        let mut steps = path.iter().map(|step| step.as_str());
        let mut found = self.root.get(steps.next()??)?;
        for step in steps {
            found = found.get(step?)?;
        }
        // Ruby takes `false` for nothing here as well.
        let absent = matches!(found.value, Value::Null | Value::Bool(false));
        (!absent).then(|| found.clone())
    }
}

const TOO_MANY: &str = "more references than are followed";
