//! What includes that are not read leave as it is.
//!
//! In: the tree before `extends`, and which files such an include may override. Out: for the global
//! keys and for each job an [`Open`]. Always holds: GitLab merges a file over what it includes,
//! mapping by mapping. So what a file says itself with a scalar or a list is firm, a mapping may
//! gain keys, and a key that a job has only by `extends` may be set in the job itself.

use std::collections::BTreeSet;

use super::model::Open;
use super::value::{Map, Node, Value};

/// References in references that are followed; beyond it a value is not firm.
const LEVELS: usize = 20;

/// The tree before `extends` and which of its values are firm.
pub(super) struct Firm<'t> {
    root: &'t Map,
    contested: &'t [bool],
}

impl<'t> Firm<'t> {
    /// `contested` says for each source whether an include that is not read may replace what it
    /// says.
    pub(super) fn new(root: &'t Map, contested: &'t [bool]) -> Self {
        Self { root, contested }
    }

    /// What is firm among the global keys.
    pub(super) fn globals(&self) -> Open {
        Open {
            firm: self.of(self.root),
            wants: Vec::new(),
            references: Vec::new(),
        }
    }

    /// What is firm in a job, and what it wants from an include.
    pub(super) fn job(&self, name: &str) -> Open {
        let Some(own) = self.root.get(name).and_then(Node::as_map) else {
            return Open::default();
        };
        let mut wants: Vec<String> = Vec::new();
        for base in bases(own) {
            if self.root.get(base).is_none() {
                wants.push(format!("nothing here defines `{base}`"));
            }
        }
        for (_, entry) in own.iter() {
            self.absent(&entry.value, LEVELS, &mut wants);
        }
        Open {
            firm: self.of(own),
            wants,
            references: Vec::new(),
        }
    }

    fn of(&self, map: &Map) -> BTreeSet<String> {
        let mut firm = BTreeSet::new();
        for (key, entry) in map.iter() {
            match &entry.value.value {
                Value::Map(inside) => {
                    let inside = inside
                        .iter()
                        .filter(|(_, entry)| self.is_firm(&entry.value, 0));
                    firm.extend(inside.map(|(name, _)| format!("{}:{}", key.text, name.text)));
                }
                Value::Null => {}
                _ if self.is_firm(&entry.value, 0) => {
                    firm.insert(key.text.to_string());
                }
                _ => {}
            }
        }
        firm
    }

    /// Whether a value stays as it is.
    fn is_firm(&self, node: &Node, level: usize) -> bool {
        if self.is_contested(node) || level > LEVELS {
            return false;
        }
        self.is_firm_inside(node, level)
    }

    fn is_firm_inside(&self, node: &Node, level: usize) -> bool {
        match &node.value {
            Value::Map(_) if level == 0 => false,
            // A mapping in a list is a part of the list, which is not merged.
            Value::Map(map) => map
                .iter()
                .all(|(_, entry)| self.is_firm_inside(&entry.value, level + 1)),
            Value::Seq(items) => {
                level <= LEVELS * 5
                    && items
                        .iter()
                        .all(|item| self.is_firm_inside(item, level + 1))
            }
            Value::Reference(path) => self.target(path).is_some_and(|target| {
                target.as_map().is_none() && level <= LEVELS && self.is_firm(target, level + 1)
            }),
            _ => true,
        }
    }

    fn target(&self, path: &[Node]) -> Option<&'t Node> {
        let mut steps = path.iter().map(|step| step.as_str());
        let mut found = self.root.get(steps.next()??)?;
        for step in steps {
            found = found.get(step?)?;
        }
        Some(found)
    }

    fn is_contested(&self, node: &Node) -> bool {
        self.contested.get(node.place.file).copied().unwrap_or(true)
    }

    /// The references that lead to nothing here.
    fn absent(&self, node: &Node, level: usize, wants: &mut Vec<String>) {
        match &node.value {
            Value::Reference(path) => {
                let names: Vec<&str> = path.iter().filter_map(Node::as_str).collect();
                let first = names.first().and_then(|name| self.root.get(name));
                if first.is_none() {
                    let want = format!("nothing here defines `{}`", names.join(":"));
                    if !wants.contains(&want) {
                        wants.push(want);
                    }
                }
            }
            Value::Seq(items) if level > 0 => items
                .iter()
                .for_each(|item| self.absent(item, level - 1, wants)),
            Value::Map(map) if level > 0 => map
                .iter()
                .for_each(|(_, entry)| self.absent(&entry.value, level - 1, wants)),
            _ => {}
        }
    }
}

/// The names that a job extends.
fn bases(job: &Map) -> Vec<&str> {
    match job.given("extends").map(|node| &node.value) {
        Some(Value::Seq(items)) => items.iter().filter_map(Node::as_str).collect(),
        Some(Value::Str(name)) => vec![name],
        _ => Vec::new(),
    }
}
