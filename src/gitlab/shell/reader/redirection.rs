//! Redirections, and the here documents that they announce.
//!
//! In: a reader behind a word. Out: redirections of the command that is read. Always holds: the text of a
//! here document begins on the line behind the command.

use super::{Here, Reader};
use crate::gitlab::shell::commands::{Command, Part, Redirection, Word};

impl Reader<'_> {
    pub(super) fn redirection(
        &mut self,
        operator: &'static str,
        command: &mut Command,
        pending: &mut Vec<Here>,
        depth: usize,
    ) -> Option<()> {
        self.eat(operator);
        self.blanks();
        let target = self.word(depth)?;
        if operator == "<<" || operator == "<<-" {
            let quoted = |part: &Part| matches!(part, Part::Text { quoted: true, .. });
            pending.push(Here {
                command: 0,
                redirection: command.redirections.len(),
                quoted: target.parts.iter().any(quoted),
                delimiter: target.shown(),
                tabs: operator == "<<-",
            });
        }
        let operator = match operator {
            "<<-" => "<<",
            other => other,
        };
        command.redirections.push(Redirection { operator, target });
        Some(())
    }

    /// The texts of the here-documents that the line before announced.
    pub(super) fn here_documents(&mut self, depth: usize) -> Option<()> {
        for here in std::mem::take(&mut self.here) {
            let start = self.at;
            let mut body = String::new();
            let mut closed = false;
            while !self.rest().is_empty() {
                let line = self
                    .rest()
                    .split_inclusive('\n')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                self.at += line.len();
                let shown = match here.tabs {
                    true => line.trim_start_matches('\t'),
                    false => &line,
                };
                if shown.trim_end_matches(['\n', '\r']) == here.delimiter {
                    closed = true;
                    break;
                }
                body.push_str(shown);
            }
            // A shell takes the end of the script for the end of the document.
            let _ = closed;
            let range = self.range(start, self.at);
            let parts = match here.quoted {
                true => vec![Part::Text {
                    text: body,
                    quoted: true,
                }],
                false => self.inside(&body, start, depth)?,
            };
            let target = self.commands.get_mut(here.command);
            let target = target.and_then(|one| one.redirections.get_mut(here.redirection));
            if let Some(target) = target {
                target.target = Word { parts, range };
            }
        }
        Some(())
    }

    /// The parts of a text as in double quotes. Places inside of it are those of its beginning.
    pub(super) fn inside(&mut self, text: &str, start: usize, depth: usize) -> Option<Vec<Part>> {
        let mut inner = self.within(text, start);
        let mut parts = Vec::new();
        let read = inner.quoted(&mut parts, None, depth);
        self.commands = inner.commands;
        read.map(|()| parts)
    }
}
