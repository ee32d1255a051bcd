//! Compound commands: arithmetic, loops, `case`, and what stands around several commands.
//!
//! In: a reader at a keyword or a parenthesis. Out: the reader behind what begins the commands in it. Always
//! holds: a loop sets its variable by an assignment, as if it were written there; what a compound command
//! reads, its first command reads; what it writes, those of its commands write that print.

use super::{End, Here, Reader, push};
use crate::gitlab::shell::commands::{Command, Word};

/// A compound command that is not closed yet.
pub(super) struct Compound {
    /// The index that its first command gets.
    first: usize,
    /// How many commands print before it.
    printing: usize,
    /// The function whose body it is.
    pub(super) function: Option<String>,
}

impl Reader<'_> {
    /// Begins a compound command.
    pub(super) fn begin(&mut self) {
        self.open.push(Compound {
            first: self.commands.len(),
            printing: self.printing.len(),
            function: self.named.take(),
        });
    }

    /// Ends the last compound command: reads its redirections, and hands its output to a pipe that follows.
    pub(super) fn close(&mut self, piped: &mut Vec<usize>, depth: usize) -> Option<()> {
        let Some(compound) = self.open.pop() else {
            return Some(());
        };
        self.shared_redirections(&compound, depth)?;
        let from = compound.printing.min(self.printing.len());
        let output = self.printing.split_off(from);
        self.blanks();
        match self.operator() {
            // The body of a function prints where it is called.
            _ if compound.function.is_some() => {}
            Some("|" | "|&") => *piped = output,
            _ => self.printing.extend(output),
        }
        Some(())
    }

    /// The redirections of a compound command, given to the commands in it.
    fn shared_redirections(&mut self, compound: &Compound, depth: usize) -> Option<()> {
        let mut own = Command::default();
        let mut pending: Vec<Here> = Vec::new();
        loop {
            self.blanks();
            match self.operator() {
                Some(one) if one.contains(['<', '>']) && !self.substitutes() => {
                    self.redirection(one, &mut own, &mut pending, depth)?;
                }
                _ => break,
            }
        }
        let mut pending = pending.into_iter().peekable();
        for (at, one) in own.redirections.into_iter().enumerate() {
            let here = pending.next_if(|here| here.redirection == at);
            if !one.operator.starts_with('<') {
                for index in self.printing.get(compound.printing..).unwrap_or_default() {
                    if let Some(command) = self.commands.get_mut(*index) {
                        command.redirections.push(one.clone());
                    }
                }
                continue;
            }
            if self.commands.len() <= compound.first {
                self.commands.push(Command::default());
            }
            let Some(first) = self.commands.get_mut(compound.first) else {
                continue;
            };
            if let Some(mut here) = here {
                here.command = compound.first;
                here.redirection = first.redirections.len();
                self.here.push(here);
            }
            first.redirections.push(one);
        }
        Some(())
    }

    /// `((...))`, from its second parenthesis on; it holds no commands.
    pub(super) fn arithmetic(&mut self) -> bool {
        let Some(end) = self.rest().find("))") else {
            return false;
        };
        if self
            .rest()
            .get(..end)
            .is_some_and(|inside| inside.contains('\n'))
        {
            return false;
        }
        self.at += end + 2;
        true
    }

    /// `NAME in words` of a loop, up to where its body begins.
    pub(super) fn until_body(&mut self, depth: usize) -> Option<()> {
        self.blanks();
        if self.eat("((") {
            return self.arithmetic().then_some(());
        }
        let start = self.at;
        let mut words = Vec::new();
        loop {
            self.blanks();
            match self.operator() {
                Some(";" | "\n" | "\r") | None
                    if self.rest().is_empty() || self.operator().is_some() =>
                {
                    break;
                }
                Some(_) => return None,
                None => {}
            }
            let at = self.at;
            words.push(self.word(depth)?);
            if self.at == at {
                return None;
            }
        }
        let mut words = words.into_iter();
        let name = words.next().and_then(|name| name.literal());
        let Some(name) = name else { return Some(()) };
        let assigned = |word: Word| {
            let mut parts = Vec::new();
            push(&mut parts, &format!("{name}="), false);
            parts.extend(word.parts);
            Word { parts, ..word }
        };
        let command = Command {
            assignments: words.skip(1).map(assigned).collect(),
            range: self.range(start, self.at),
            ..Command::default()
        };
        self.add(command);
        self.printing.pop();
        Some(())
    }

    /// `case WORD in pattern) commands ;; esac`, from the word on.
    pub(super) fn case(&mut self, depth: usize) -> Option<()> {
        let blank_lines = |reader: &mut Self| {
            loop {
                reader.blanks();
                if !reader.eat("\n") && !reader.eat("\r") {
                    break;
                }
            }
        };
        self.blanks();
        self.word(depth)?;
        blank_lines(self);
        if !self.eat("in") {
            return None;
        }
        loop {
            blank_lines(self);
            if self.rest().starts_with("esac") {
                let after = self.rest().chars().nth(4);
                if !after.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                    self.at += 4;
                    return Some(());
                }
            }
            self.eat("(");
            loop {
                self.blanks();
                if self.eat(")") {
                    break;
                }
                if self.eat("|") {
                    continue;
                }
                let at = self.at;
                self.word(depth)?;
                if self.at == at {
                    return None;
                }
            }
            if self.arm(depth)? {
                return Some(());
            }
        }
    }

    /// The commands of an arm. True if they end with `esac`.
    pub(super) fn arm(&mut self, depth: usize) -> Option<bool> {
        self.list(End::Arm, Vec::new(), depth)?;
        let before = self.text.get(..self.at).unwrap_or_default();
        Some(before.ends_with("esac"))
    }
}
