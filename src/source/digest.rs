//! A digest of what a tree says, for headers of generated files.
//!
//! In: a [`Node`]. Out: 16 hexadecimal digits. Always holds: comments, line ends, indentation and the style of
//! lists and mappings change nothing; any other key, value, tag or order does, and quotes around a value.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{Kind, Node};

/// Bytes of the digest that are written: enough to tell states of one file apart.
const BYTES: usize = 8;

impl Node {
    /// The digest of the tree, aliases expanded.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        add(self, &mut hasher);
        let mut hex = String::with_capacity(2 * BYTES);
        for byte in hasher.finalize().iter().take(BYTES) {
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }
}

fn add(node: &Node, hasher: &mut Sha256) {
    text("!", node.tag.as_deref().unwrap_or_default(), hasher);
    match &node.kind {
        Kind::Scalar(scalar) => {
            let style = if scalar.plain { "plain" } else { "quoted" };
            text(style, &scalar.text, hasher);
        }
        Kind::Sequence(items) => {
            text("list", &items.len().to_string(), hasher);
            items.iter().for_each(|item| add(item, hasher));
        }
        Kind::Mapping(entries) => {
            text("mapping", &entries.len().to_string(), hasher);
            for entry in entries.iter() {
                text("key", &entry.key.value, hasher);
                add(&entry.value, hasher);
            }
        }
    }
}

/// A text with its kind and its length, so that no two trees have the same bytes.
fn text(kind: &str, text: &str, hasher: &mut Sha256) {
    hasher.update(kind);
    hasher.update([0]);
    hasher.update(text.len().to_le_bytes());
    hasher.update(text);
}

#[cfg(test)]
mod tests {
    use crate::finding::Report;
    use crate::source::{Limits, Source, parse};

    fn digest(text: &str) -> String {
        let mut report = Report::default();
        parse(&Source::new("w", text), Limits::MANIFEST, &mut report)
            .unwrap()
            .digest()
    }

    #[test]
    fn only_what_is_said_counts() {
        let text = digest("a: [1, b]\nc: {d: e}\n");
        let layouts = [
            "# mine\na:\n  - 1\n  - b # here\n\nc:\n  d: e\n",
            "a: [1, b]\r\nc: {d: e}\r\n",
        ];
        for layout in layouts {
            assert_eq!(digest(layout), text, "{layout}");
        }
        let others = [
            "a: [1, b]\nc: {d: f}\n",
            "a: ['1', b]\nc: {d: e}\n",
            "a: [1, b]\nd: {d: e}\n",
            "a: [b, 1]\nc: {d: e}\n",
            "c: {d: e}\na: [1, b]\n",
            "a: [1, b]\nc: {d: !reference e}\n",
            "a: [1, [b]]\nc: {d: e}\n",
        ];
        for other in others {
            assert_ne!(digest(other), text, "{other}");
        }
    }
}
