//! Compound commands: arithmetic, loops and `case`.
//!
//! In: a reader at a keyword or a parenthesis. Out: the reader behind what begins the commands in it.

use super::{End, Reader};

impl Reader<'_> {
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
        loop {
            self.blanks();
            match self.operator() {
                Some(";" | "\n" | "\r") | None
                    if self.rest().is_empty() || self.operator().is_some() =>
                {
                    return Some(());
                }
                Some(_) => return None,
                None => {}
            }
            let at = self.at;
            self.word(depth)?;
            if self.at == at {
                return None;
            }
        }
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
        self.list(End::Arm, depth)?;
        let before = self.text.get(..self.at).unwrap_or_default();
        Some(before.ends_with("esac"))
    }
}
