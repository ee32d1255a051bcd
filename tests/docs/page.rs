//! The page as it is written: headings, tables between marks, examples.

use std::fs;
use std::path::Path;

use super::tables::Tables;

/// A page with marks.
pub(crate) struct Page {
    /// All of it.
    pub(crate) text: String,
    /// Name of a definition and the anchor of the heading over its table.
    pub(crate) sections: Vec<(String, String)>,
    /// Its examples, fenced YAML blocks.
    pub(crate) blocks: Vec<String>,
}

const END: &str = "<!-- end of keys -->";

fn mark<'t>(line: &'t str, kind: &str) -> Option<&'t str> {
    line.strip_prefix("<!-- ")?
        .strip_prefix(kind)?
        .strip_prefix(": ")?
        .strip_suffix(" -->")
}

/// The anchor that GitLab and GitHub give a heading.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

impl Page {
    /// Reads `docs/manifest.md`.
    pub(crate) fn of_the_manifest() -> Self {
        Self::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manifest.md"))
    }

    /// Reads a page.
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("the page");
        let (mut sections, mut blocks) = (Vec::new(), Vec::new());
        let mut heading = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.starts_with('#') {
                heading = anchor(line.trim_start_matches('#').trim());
            } else if let Some(name) = mark(line, "keys") {
                sections.push((name.to_owned(), heading.clone()));
            } else if line == "```yaml" {
                let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
                blocks.push(body.join("\n") + "\n");
            }
        }
        Self {
            text,
            sections,
            blocks,
        }
    }

    /// The page with its tables as they must be.
    pub(crate) fn with_tables(&self, tables: &Tables<'_>) -> String {
        let mut new = String::new();
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            new += &format!("{line}\n");
            if let Some(name) = mark(line, "keys") {
                assert!(
                    lines.any(|line| line == END),
                    "no end of the keys of {name}"
                );
                new += &format!("\n{}\n{END}\n", tables.table(name));
            }
        }
        new
    }
}
