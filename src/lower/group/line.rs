//! A shell text as words, and as a line into which variables are put.
//!
//! Always holds: a variable stands where the shell expands it; it is in double quotes wherever that
//! changes nothing else.

pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')
}

/// A text as words and what stands between them.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        let word = is_word(c);
        if last.is_some_and(|last| last != word) {
            all.extend(text.get(start..at));
            start = at;
        }
        last = Some(word);
    }
    all.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    all
}

/// How much all words have in common at their beginnings and at their ends, up to a separator.
pub(super) fn around(words: &[&str]) -> (usize, usize) {
    let first = words.first().copied().unwrap_or_default();
    let separators = first.match_indices(['-', '_', '.', '/']);
    let ends: Vec<usize> = separators.map(|(at, _)| at).collect();
    let starts = ends.iter().map(|at| at + 1).rev();
    let common = |part: &str| words.iter().all(|word| word.starts_with(part));
    let start = starts
        .filter_map(|at| first.get(..at))
        .find(|part| common(part))
        .map_or(0, str::len);
    let shortest = words.iter().map(|word| word.len()).min().unwrap_or(0);
    let end = ends
        .iter()
        .filter_map(|at| first.get(*at..))
        .filter(|part| start + part.len() < shortest)
        .find(|part| words.iter().all(|word| word.ends_with(part)))
        .map_or(0, str::len);
    if start < shortest {
        (start, end)
    } else {
        (0, 0)
    }
}

/// A shell text under way: a variable stands in double quotes.
#[derive(Default)]
pub(super) struct Line {
    pub(super) text: String,
    quote: Option<char>,
    /// Where the word begins that is written now.
    word: usize,
    /// Whether that word is to be quoted as a whole.
    expands: bool,
    /// Whether quotes or patterns stand in that word.
    special: bool,
}

impl Line {
    pub(super) fn push(&mut self, piece: &str) {
        let mut escaped = self.text.ends_with('\\');
        for c in piece.chars() {
            match (self.quote, c) {
                _ if escaped && self.quote != Some('\'') => {}
                (None, '"' | '\'') => self.quote = Some(c),
                (Some(quote), c) if quote == c => self.quote = None,
                _ => {}
            }
            if self.quote.is_none()
                && matches!(c, ' ' | '\n' | ';' | '|' | '&' | '<' | '>' | ')' | '(')
            {
                self.close();
                self.word = self.text.len() + c.len_utf8();
            }
            self.special |= "\"'\\*?[]{}~`".contains(c);
            escaped = c == '\\' && !escaped;
            self.text.push(c);
        }
    }

    /// Whether a command, a keyword or an assignment begins here, which no variable can hold.
    pub(super) fn is_command(&self) -> bool {
        let before = self.text.trim_end_matches(' ');
        let goes_on = before.ends_with("\\\n");
        let begins = before.is_empty() || before.ends_with(['\n', ';', '|', '&', '(', '`']);
        self.quote.is_none() && self.word == self.text.len() && begins && !goes_on
    }

    pub(super) fn expand(&mut self, name: &str) {
        match self.quote {
            Some('\'') => self.text.push_str(&format!("'\"${{{name}}}\"'")),
            Some(_) => self.text.push_str(&format!("${{{name}}}")),
            None => {
                self.text.push_str(&format!("${{{name}}}"));
                self.expands = true;
            }
        }
    }

    /// Ends a word: one that has a variable is quoted, if nothing in it has a meaning of its own.
    /// A row holds plain words, which stay one word in any case.
    fn close(&mut self) {
        let special = std::mem::take(&mut self.special);
        if std::mem::take(&mut self.expands) && !special {
            self.text.insert(self.word, '"');
            self.text.push('"');
        }
    }

    pub(super) fn done(mut self) -> String {
        self.close();
        self.text
    }
}
