//! `stages`.

use super::entry::Reader;
use super::value::{Located, Node, Place};

/// What GitLab takes where there is no list.
const DEFAULT: [&str; 3] = ["build", "test", "deploy"];

/// The stages with `.pre` first and `.post` last. An empty list stays empty, and then no job has
/// a stage.
pub(super) fn read(node: Option<&Node>, reader: &mut Reader) -> Vec<Located<String>> {
    let mut place = Place::default();
    let mut stages = match node {
        Some(node) => {
            place = node.place;
            reader.nested(node, "stages")
        }
        None => DEFAULT
            .iter()
            .map(|stage| Located::new((*stage).to_owned(), place))
            .collect(),
    };
    if stages.is_empty() {
        return stages;
    }
    stages.retain(|stage| !matches!(stage.as_str(), ".pre" | ".post"));
    let edge = |name: &str| Located::new(name.to_owned(), place);
    stages.insert(0, edge(".pre"));
    stages.push(edge(".post"));
    stages
}
