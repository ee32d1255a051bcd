//! What has one right answer: how a finding changes its file.
//!
//! In: a file and the fixes of its findings. Out: the file as it then is. Always holds: what no fix is about
//! stays as it is, byte for byte; a fix that does not fit to the text, or that would change what another one
//! has changed, is left out.

use crate::source::{Place, Span};

/// A change of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fix {
    /// At a place, one word becomes another. It stands there once.
    Word {
        /// Where.
        place: Place,
        /// What is written.
        from: String,
        /// What is meant.
        to: String,
    },
    /// A value without quotes gets them.
    Quote(Place),
    /// What stands at a place becomes another text.
    Text(Place, String),
    /// What stands at a place goes, with its lines; nothing else stands on them.
    Lines(Place),
}

impl Fix {
    /// Where it changes something.
    pub fn place(&self) -> Place {
        match self {
            Fix::Word { place, .. }
            | Fix::Quote(place)
            | Fix::Text(place, _)
            | Fix::Lines(place) => *place,
        }
    }

    /// The same change of a file that is another one of a report now.
    pub(super) fn moved(self, moved: impl Fn(Place) -> Place) -> Self {
        match self {
            Fix::Word { place, from, to } => Fix::Word {
                place: moved(place),
                from,
                to,
            },
            Fix::Quote(place) => Fix::Quote(moved(place)),
            Fix::Text(place, text) => Fix::Text(moved(place), text),
            Fix::Lines(place) => Fix::Lines(moved(place)),
        }
    }

    /// The span that changes in a text, and what it becomes; `None` if the fix does not fit.
    fn change(&self, text: &str) -> Option<(Span, String)> {
        let span = self.place().span;
        let written = text.get(span.start..span.end)?;
        match self {
            Fix::Text(_, new) => Some((span, new.clone())),
            Fix::Quote(_) => {
                let plain = written.trim_end();
                let is_plain = !plain.is_empty() && !plain.contains(['\n', '"', '\'', '\\']);
                let end = span.start + plain.len();
                is_plain.then(|| (Span::new(span.start, end), format!("\"{plain}\"")))
            }
            Fix::Word { from, to, .. } => {
                let mut found = written.match_indices(from.as_str());
                let (at, _) = found.next()?;
                if found.next().is_some() {
                    return None;
                }
                let start = span.start + at;
                Some((Span::new(start, start + from.len()), to.clone()))
            }
            Fix::Lines(_) => {
                let start = text.get(..span.start)?.rfind('\n').map_or(0, |at| at + 1);
                let before = text.get(start..span.start)?;
                let rest = text.get(span.start + written.trim_end().len()..)?;
                let line = rest.split_inclusive('\n').next().unwrap_or_default();
                let after = line.trim();
                if !before.trim().is_empty() || !(after.is_empty() || after.starts_with('#')) {
                    return None;
                }
                let end = span.start + written.trim_end().len() + line.len();
                Some((Span::new(start, end), String::new()))
            }
        }
    }
}

/// A text with all fixes that fit, and how many those are.
pub fn fixed<'f>(text: &str, fixes: impl IntoIterator<Item = &'f Fix>) -> (String, usize) {
    let changes = fixes.into_iter().filter_map(|fix| fix.change(text));
    let mut changes: Vec<(Span, String)> = changes.collect();
    changes.sort();
    changes.dedup();
    let (mut new, mut at, mut count) = (String::new(), 0, 0);
    for (span, with) in changes {
        let Some(before) = text.get(at..span.start) else {
            continue;
        };
        new.push_str(before);
        new.push_str(&with);
        at = span.end;
        count += 1;
    }
    new.push_str(text.get(at..).unwrap_or_default());
    (new, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, word: &str) -> Place {
        let start = text.find(word).unwrap_or_default();
        Span::new(start, start + word.len()).into()
    }

    #[test]
    fn only_what_a_fix_is_about_changes() {
        let text = "a: 1 # one\nb: x y x\n# stays\nc:\n  - d\n\ne: [f]\n";
        let word = |from: &str| Fix::Word {
            place: at(text, "x y x"),
            from: from.to_owned(),
            to: "z".to_owned(),
        };
        for (fixes, expected) in [
            (
                vec![Fix::Quote(at(text, "1 "))],
                "a: \"1\" # one\nb: x y x\n# stays\nc:\n  - d\n\ne: [f]\n",
            ),
            (
                vec![word("y")],
                "a: 1 # one\nb: x z x\n# stays\nc:\n  - d\n\ne: [f]\n",
            ),
            // It stands there twice, and `f` not alone on its lines.
            (vec![word("x"), Fix::Lines(at(text, "f"))], text),
            (
                vec![Fix::Lines(at(text, "c:\n  - d\n\n"))],
                "a: 1 # one\nb: x y x\n# stays\n\ne: [f]\n",
            ),
            (
                vec![word("y"), Fix::Text(at(text, "x y"), "no".to_owned())],
                "a: 1 # one\nb: no x\n# stays\nc:\n  - d\n\ne: [f]\n",
            ),
        ] {
            assert_eq!(fixed(text, &fixes).0, expected, "{fixes:?}");
        }
    }
}
