//! The commands of a POSIX shell's text, as far as generated text has them.
//!
//! In: a text. Out: its simple commands in order, those of substitutions and groups too, each with its
//! assignments and its words. Texts in single quotes hold no variable. Here-documents are skipped:
//! they are input, not arguments.

/// What a word expands.
#[derive(Debug, Clone, Default)]
pub(super) struct Value {
    /// Names of its variables, in substitutions too.
    pub names: Vec<String>,
    /// The commands of its substitutions.
    pub inner: Vec<Command>,
}

/// A simple command.
#[derive(Debug, Clone, Default)]
pub(super) struct Command {
    /// Names and values.
    pub assignments: Vec<(String, Value)>,
    /// The program and its arguments, as they are written.
    pub words: Vec<String>,
    /// What the words expand.
    pub values: Vec<Value>,
}

/// Words before a command that are not its program.
const BEFORE: [&str; 16] = [
    "if", "then", "elif", "else", "do", "while", "until", "!", "{", "}", "time", "exec", "command",
    "fi", "done", "eval",
];

struct Reader<'t> {
    text: &'t [char],
    at: usize,
    /// Delimiters of here-documents that begin at the next line.
    documents: Vec<String>,
    out: Vec<Command>,
}

/// The commands of a text.
pub(super) fn commands(text: &str) -> Vec<Command> {
    let text: Vec<char> = text.chars().collect();
    let mut reader = Reader {
        text: &text,
        at: 0,
        documents: Vec::new(),
        out: Vec::new(),
    };
    while reader.at < text.len() {
        reader.list();
        reader.at += 1;
    }
    reader.out
}

/// The functions that a text defines.
pub(super) fn functions(text: &str) -> impl Iterator<Item = &str> {
    let names = text.lines().filter_map(|line| line.split_once("()"));
    names.map(|(name, _)| name.trim())
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += 1;
        c
    }

    /// Commands up to a `)` that nobody opened here, or the end.
    fn list(&mut self) {
        let mut words: Vec<(String, Value)> = Vec::new();
        let (mut word, mut value) = (String::new(), Value::default());
        loop {
            let c = self.next();
            let ends_word = c.is_none_or(|c| c.is_whitespace() || ";&|()".contains(c));
            let redirects = c == Some('&') && word.ends_with(['>', '<']);
            if ends_word && !redirects {
                if !word.is_empty() {
                    words.push((std::mem::take(&mut word), std::mem::take(&mut value)));
                }
                if c.is_none_or(|c| "\n;&|()".contains(c)) {
                    self.out.extend(command(std::mem::take(&mut words)));
                }
                match c {
                    None => return,
                    Some(')') => return self.at -= 1,
                    Some('(') => {
                        self.list();
                        self.at += 1;
                    }
                    Some('\n') => self.skip_documents(),
                    Some(_) => {}
                }
                continue;
            }
            match c {
                Some('#') if word.is_empty() => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                Some('<') if self.peek() == Some('<') => self.document(),
                Some(c) => self.part(c, &mut word, &mut value),
                None => return,
            }
        }
    }

    /// A part of a word that begins with `c`.
    fn part(&mut self, c: char, word: &mut String, value: &mut Value) {
        match c {
            '\\' => match self.next() {
                Some('\n') | None => {}
                Some(c) => word.push(c),
            },
            '\'' => {
                while let Some(c) = self.next().filter(|c| *c != '\'') {
                    word.push(c);
                }
                word.push('\'');
            }
            '"' => {
                while let Some(c) = self.next().filter(|c| *c != '"') {
                    match c {
                        '\'' => word.push(c),
                        c => self.part(c, word, value),
                    }
                }
                word.push('"');
            }
            '$' => self.dollar(word, value),
            c => word.push(c),
        }
    }

    fn dollar(&mut self, word: &mut String, value: &mut Value) {
        word.push('$');
        match self.peek() {
            Some('(') => {
                self.at += 1;
                let mut inner = Reader {
                    text: self.text,
                    at: self.at,
                    documents: Vec::new(),
                    out: Vec::new(),
                };
                inner.list();
                self.at = inner.at + 1;
                let values = inner.out.iter().flat_map(|of| {
                    let assigned = of.assignments.iter().map(|(_, value)| value);
                    of.values.iter().chain(assigned)
                });
                value.names.extend(values.flat_map(|of| of.names.clone()));
                value.inner.extend(inner.out.clone());
                self.out.extend(inner.out);
            }
            Some('{') => {
                self.at += 1;
                let name = self.name();
                word.push_str(&format!("{{{name}"));
                // Its length tells nothing; `${A:+x}` and such do not show it either, but are rare.
                value.names.push(name);
                while let Some(c) = self.next().filter(|c| *c != '}') {
                    self.part(c, word, value);
                }
                word.push('}');
            }
            _ => {
                let name = self.name();
                word.push_str(&name);
                value.names.push(name);
            }
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self
            .peek()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        {
            name.push(c);
            self.at += 1;
        }
        name
    }

    fn document(&mut self) {
        self.at += 1;
        let mut delimiter = String::new();
        while let Some(c) = self.peek().filter(|c| !c.is_whitespace()) {
            if c.is_ascii_alphanumeric() || c == '_' {
                delimiter.push(c);
            }
            self.at += 1;
        }
        self.documents.push(delimiter);
    }

    fn skip_documents(&mut self) {
        for delimiter in std::mem::take(&mut self.documents) {
            loop {
                let mut line = String::new();
                while let Some(c) = self.next().filter(|c| *c != '\n') {
                    line.push(c);
                }
                if line.trim() == delimiter || self.at >= self.text.len() {
                    break;
                }
            }
        }
    }
}

/// A command of these words.
fn command(words: Vec<(String, Value)>) -> Option<Command> {
    let mut out = Command::default();
    for (word, value) in words {
        if out.words.is_empty() {
            if BEFORE.contains(&word.as_str()) {
                continue;
            }
            let name = word.split_once('=').map(|(name, _)| name);
            let is_name = |name: &&str| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            };
            if let Some(name) = name.filter(is_name) {
                out.assignments.push((name.to_owned(), value));
                continue;
            }
        }
        out.words.push(word);
        out.values.push(value);
    }
    (!out.words.is_empty() || !out.assignments.is_empty()).then_some(out)
}
