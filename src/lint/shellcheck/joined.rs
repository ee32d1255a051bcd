//! The texts that a runner gives to a shell.
//!
//! In: a configuration and its scripts. Out: each text once, and which item of which list each of its lines
//! comes from. Always holds: a text is what the runner joins, behind one line that says which shell reads
//! it; all texts together are bounded.
//!
//! Facts: each command is a line of its own, and the shell ends at the first one that fails (`set -o
//! errexit`, gitlab-runner 18.11, `shells/bash.go`).

use std::collections::HashSet;

use super::dialect::{Shell, shell_of};
use crate::config::Config;
use crate::lint::script::Scripts;

/// How many bytes all texts have together, and how many there are. A list that ten thousand jobs share in
/// front of their own would otherwise be written ten thousand times.
const BYTES: usize = 8 << 20;
const TEXTS: usize = 10_000;

/// What one shell reads.
pub(super) struct Joined {
    /// The text, with a shebang that says the shell and its options.
    pub(super) text: String,
    pub(super) shell: Shell,
    /// The image, as it is written.
    pub(super) image: Option<String>,
    /// The items in order: the line at which each begins, from 1, and its index in the [`Scripts`].
    items: Vec<(usize, usize)>,
}

impl Joined {
    fn of(shell: Shell, image: Option<String>, scripts: &Scripts, items: &[usize]) -> Self {
        let mut text = format!("{}\n", shell.shebang());
        let mut line = 2;
        let mut begins = Vec::new();
        for (index, item) in items.iter().filter_map(|at| Some((*at, scripts.get(*at)?))) {
            begins.push((line, index));
            text.push_str(&item.text);
            text.push('\n');
            line += item.text.matches('\n').count() + 1;
        }
        Self {
            text,
            shell,
            image,
            items: begins,
        }
    }

    /// Which item a line of the text is of, and which line of the item it is, from 1. A line behind the end
    /// is one of the last item.
    pub(super) fn item(&self, line: usize) -> Option<(usize, usize)> {
        let next = self.items.partition_point(|(begin, _)| *begin <= line);
        let (begin, index) = self.items.get(next.checked_sub(1)?)?;
        Some((*index, line - begin + 1))
    }
}

/// What the shells of all jobs read, each text once, and whether that is all of them.
pub(super) fn joined(config: &Config, scripts: &Scripts) -> (Vec<Joined>, bool) {
    let mut known: HashSet<(Shell, &[usize])> = HashSet::new();
    let mut all = Vec::new();
    let mut bytes = 0;
    for (at, job) in config.jobs.iter().enumerate() {
        let own = scripts.indexes(at);
        let Some(shell) = shell_of(job, own.iter().filter_map(|at| scripts.get(*at))) else {
            continue;
        };
        for items in scripts.by_shell(at) {
            if items.is_empty() || !known.insert((shell, items)) {
                continue;
            }
            let image = job.image.as_ref().map(|image| image.value.clone());
            let one = Joined::of(shell, image, scripts, items);
            bytes += one.text.len();
            if bytes > BYTES || all.len() >= TEXTS {
                return (all, false);
            }
            all.push(one);
        }
    }
    (all, true)
}
