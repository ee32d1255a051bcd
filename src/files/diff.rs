//! What would change in the files, line by line.
//!
//! In: a [`Comparison`]. Out: a unified diff from what is on disk to what should be there. Always
//! holds: it takes bounded time and space, and shows no control characters to a terminal.

use std::time::Duration;

use similar::TextDiff;

use super::{Compared, Comparison, Status};
use crate::shown::{Shown, in_line};

/// Lines of diff that are shown for one file; nobody reads more.
const LONGEST: usize = 2_000;

/// Time to look for the shortest diff of one file; after it a longer one is good enough.
const PATIENCE: Duration = Duration::from_millis(500);

impl Comparison {
    /// The unified diff of all files whose text on disk is not the one it should be.
    pub fn diff(&self) -> Shown {
        let mut shown = Shown::default();
        for file in &self.files {
            shown.append(&file_diff(file));
        }
        shown
    }
}

fn file_diff(file: &Compared) -> Shown {
    let (Some(old), Some(new)) = (&file.old, &file.new) else {
        return Shown::default();
    };
    match file.status {
        Status::Differs { .. } | Status::Newer { .. } | Status::Foreign => {
            unified(&file.path, old, new)
        }
        Status::Same
        | Status::Missing
        | Status::NotExecutable
        | Status::Stale { .. }
        | Status::Blocked { .. } => Shown::default(),
    }
}

fn unified(path: &str, old: &str, new: &str) -> Shown {
    let path = in_line(path);
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let (before, after) = (format!("a/{path}"), format!("b/{path}"));
    let text = diff
        .unified_diff()
        .context_radius(3)
        .header(&before, &after)
        .to_string();
    let total = text.split_terminator('\n').count();
    let mut shown = Shown::default();
    for line in text.split_terminator('\n').take(LONGEST) {
        shown.document(&format!("{line}\n"));
    }
    if total > LONGEST {
        shown.line(&format!("... and {} more lines", total - LONGEST));
    }
    shown
}

/// The first line, from 1, in which two texts differ.
pub(super) fn first_difference(old: &str, new: &str) -> usize {
    let same = old.lines().zip(new.lines()).take_while(|(a, b)| a == b);
    same.count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_goes_from_disk_to_manifest() {
        let text = unified("x.yml", "a\nb\u{1b}\nc\n", "a\nB\nc\n");
        insta::assert_snapshot!(text.as_str(), @r"
        --- a/x.yml
        +++ b/x.yml
        @@ -1,3 +1,3 @@
         a
        -b␛
        +B
         c
        ");
    }

    #[test]
    fn huge_diffs_are_cut() {
        let old: String = (0..200_000).map(|n| format!("{n}\n")).collect();
        let new: String = (0..200_000).rev().map(|n| format!("{n}\n")).collect();
        let text = unified("x", &old, &new);
        assert_eq!(text.as_str().lines().count(), LONGEST + 1);
    }

    #[test]
    fn the_first_difference_is_a_line() {
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), 2);
        assert_eq!(first_difference("a\n", "a\nc\n"), 2);
    }
}
