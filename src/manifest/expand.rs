//! Texts with the manifest's own variables put in, so that two spellings of one thing are equal.
//!
//! In: a text with variables. Out: the same text in which only variables of GitLab, or of nobody here,
//! are left, each as `${NAME}`. Always holds: time and memory are bounded, also where variables refer
//! to each other in a circle.

use super::Manifest;
use super::common::{Variable, Variables};
use crate::gitlab::variables::{Part, parts};

/// How deep variables may refer to each other.
const DEEPEST: usize = 10;

/// A longer text is not a name or tag, and is left as it is.
const LONGEST: usize = 4096;

impl Manifest {
    /// A text with the variables put in that a job of an entity has: the entity's own, then those
    /// of every job.
    pub fn expanded(&self, own: Option<&Variables>, text: &str) -> String {
        let mut out = String::new();
        let tables = [own, self.variables.get()];
        match self.expand(&tables, text, 0, &mut out) {
            Some(()) => out,
            None => text.to_owned(),
        }
    }

    fn expand(
        &self,
        tables: &[Option<&Variables>],
        text: &str,
        depth: usize,
        out: &mut String,
    ) -> Option<()> {
        for part in parts(text) {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Variable(name, _) => {
                    let mut tables_with = tables.iter().flatten();
                    let known = tables_with.find_map(|table| table.0.get(name));
                    match known.and_then(|at| self.text_of(&at.value)) {
                        Some((value, true)) if depth < DEEPEST => {
                            self.expand(tables, &value, depth + 1, out)?;
                        }
                        Some((value, false)) => out.push_str(&value),
                        _ => out.push_str(&format!("${{{name}}}")),
                    }
                }
            }
            if out.len() > LONGEST {
                return None;
            }
        }
        Some(())
    }

    /// The text of a variable that is known before a job runs, and whether GitLab expands it.
    fn text_of(&self, variable: &Variable) -> Option<(String, bool)> {
        if let Some(value) = variable.value.get() {
            return Some((value.0.clone(), variable.expand.copied_or(true)));
        }
        if let Some(name) = variable.tag_of.get() {
            return Some((self.image(name)?.tag().to_owned(), true));
        }
        let name = variable.repository_of.get()?;
        Some((self.image(name)?.repository(name), true))
    }
}

#[cfg(test)]
mod tests {
    use crate::finding::Report;
    use crate::source::Source;

    #[test]
    fn variables_are_put_in() {
        let text = "windlass: 1\nvariables: {A: $B-x, B: '${CI_COMMIT_SHA}', C: $C, D: {value: $A, expand: false}, \
                    E: $F$F$F$F$F$F$F$F, F: $G$G$G$G$G$G$G$G, G: $H$H$H$H$H$H$H$H, H: $I$I$I$I$I$I$I$I, I: aaaaaaaa, \
                    T: {tag_of: app}, R: {repository_of: app}}\nimages: {app: {tag: v$B}}\n";
        let mut report = Report::default();
        let source = Source::new("windlass.yml", text);
        let manifest = crate::compile::read(&source, &mut report).unwrap();
        for (text, expected) in [
            ("$A", "${CI_COMMIT_SHA}-x"),
            ("$C", "${C}"),
            ("$D", "$A"),
            ("$E", "$E"),
            ("$$A", "$$A"),
            ("$T", "v${CI_COMMIT_SHA}"),
            ("${R}:x", "${CI_REGISTRY_IMAGE}/app:x"),
        ] {
            assert_eq!(manifest.expanded(None, text), expected, "{text}");
        }
    }
}
