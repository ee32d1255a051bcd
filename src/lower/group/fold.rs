//! Several jobs as one job and rows of variables.
//!
//! In: jobs. Out: a job, and for each of them the variables with which it does the same. Always
//! holds: a value of a row is a plain word; it stands in the script where the shell expands it, in
//! double quotes.

use crate::pipeline::{Job, Mapping, Value};

/// The first job that cannot be a row, and the key in which it is another.
pub(super) struct Unlike {
    pub(super) job: usize,
    pub(super) key: String,
}

/// A job whose script says the reference of an image instead of the variable that holds it: no
/// variable can stand inside the name of another one.
pub(super) fn spelled_out(mut job: Job, variable: &str, reference: &str) -> Job {
    for list in [
        &mut job.before_script,
        &mut job.script,
        &mut job.after_script,
    ] {
        for line in list.iter_mut() {
            let Some(text) = line.as_str() else { continue };
            let new = replaced(text, variable, reference);
            if new != text {
                *line = new.into();
            }
        }
    }
    job
}

fn replaced(text: &str, variable: &str, reference: &str) -> String {
    let name = format!("${variable}");
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(&name) {
        let (before, after) = rest.split_at(at);
        let after = after.get(name.len()..).unwrap_or_default();
        let more = after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        out.push_str(before);
        out.push_str(if more { &name } else { reference });
        rest = after;
    }
    out + rest
}

/// Folds jobs into one.
pub(super) fn fold(
    jobs: &[Job],
    names: &[&str],
    globals: &Mapping,
) -> Result<(Job, Vec<Mapping>), Unlike> {
    let unlike = |job: usize, key: &str| Unlike {
        job,
        key: key.to_owned(),
    };
    let Some(first) = jobs.first() else {
        return Err(unlike(0, "script"));
    };
    for (number, job) in jobs.iter().enumerate() {
        if job.raw.get("parallel").is_some() {
            return Err(unlike(number, "parallel"));
        }
        if let Some(key) = other_key(first, job) {
            return Err(Unlike { job: number, key });
        }
    }
    let mut rows = Rows {
        taken: globals,
        columns: Vec::new(),
        names,
    };
    let mut folded = first.clone();
    for (key, value) in first.variables.iter() {
        let mut values = Vec::with_capacity(jobs.len());
        for (number, job) in jobs.iter().enumerate() {
            let own = job.variables.get(key);
            values.push(own.ok_or_else(|| unlike(number, "variables"))?);
        }
        if values.iter().all(|own| own.same(value)) {
            continue;
        }
        let texts: Vec<&str> = values.iter().filter_map(|own| own.as_str()).collect();
        let plain = |text: &&str| !text.contains('$');
        if texts.len() < jobs.len() || !texts.iter().all(plain) {
            return Err(unlike(1, "variables"));
        }
        rows.columns.push((
            key.to_owned(),
            texts.iter().map(|t| (*t).to_owned()).collect(),
        ));
        folded.variables.remove(key);
    }
    let lists: [(&str, fn(&mut Job) -> &mut Vec<Value>); 3] = [
        ("before_script", |job| &mut job.before_script),
        ("script", |job| &mut job.script),
        ("after_script", |job| &mut job.after_script),
    ];
    let mut copies = jobs.to_vec();
    for (key, list) in lists {
        let all: Vec<Vec<Value>> = copies.iter_mut().map(|job| list(job).clone()).collect();
        let length = list(&mut folded).len();
        if let Some(number) = all.iter().position(|one| one.len() != length) {
            return Err(unlike(number, key));
        }
        for (at, line) in list(&mut folded).iter_mut().enumerate() {
            let same: Vec<&Value> = all.iter().filter_map(|one| one.get(at)).collect();
            if same.iter().all(|own| own.same(line)) {
                continue;
            }
            let texts: Vec<&str> = same.iter().filter_map(|own| own.as_str()).collect();
            *line = rows
                .line(&texts)
                .map_err(|number| unlike(number, key))?
                .into();
        }
    }
    let count = jobs.len();
    let row = |number: usize| {
        let cells = rows.columns.iter();
        cells
            .filter_map(|(name, values)| Some((name.clone(), values.get(number)?.clone())))
            .collect()
    };
    Ok((folded, (0..count).map(row).collect()))
}

/// The keys in which jobs of one group may differ.
const FOLDED: [&str; 4] = ["variables", "before_script", "script", "after_script"];

/// A key that is another in two jobs and must not be.
fn other_key(first: &Job, job: &Job) -> Option<String> {
    let (own, other) = (first.to_mapping(), job.to_mapping());
    let keys = own.iter().chain(other.iter()).map(|(key, _)| key);
    let same = |a: Option<&Value>, b: Option<&Value>| match (a, b) {
        (Some(a), Some(b)) => a.same(b),
        (a, b) => a.is_none() && b.is_none(),
    };
    let mut others = keys.filter(|key| match FOLDED.contains(key) {
        // Raw keys replace what was folded.
        true => !same(first.raw.get(key), job.raw.get(key)),
        false => !same(own.get(key), other.get(key)),
    });
    let found = others.next().map(str::to_owned);
    let more = first.variables.len() != job.variables.len();
    found.or_else(|| more.then(|| "variables".to_owned()))
}

/// The variables of the rows so far, and their values.
struct Rows<'n> {
    /// Names that mean something already.
    taken: &'n Mapping,
    columns: Vec<(String, Vec<String>)>,
    /// The images.
    names: &'n [&'n str],
}

impl Rows<'_> {
    /// One text for several, with variables where they differ. `Err`: the number of the text that
    /// differs in more than words.
    fn line(&mut self, texts: &[&str]) -> Result<String, usize> {
        // What the shell does not expand, or only looks like a quote.
        let unread = |text: &str| {
            text.contains("<<")
                || text.starts_with('#')
                || text.contains([' ', '\n']) && {
                    [" #", "\n#"].iter().any(|comment| text.contains(comment))
                }
        };
        if let Some(number) = texts.iter().position(|text| unread(text)) {
            return Err(number);
        }
        let all: Vec<Vec<&str>> = texts.iter().map(|text| pieces(text)).collect();
        let Some(first) = all.first() else {
            return Err(0);
        };
        if let Some(number) = all.iter().position(|own| own.len() != first.len()) {
            return Err(number);
        }
        let mut line = Line::default();
        for (at, piece) in first.iter().enumerate() {
            let same: Vec<&str> = all.iter().filter_map(|own| own.get(at).copied()).collect();
            let other = same.iter().position(|own| own != piece);
            let Some(other) = other else {
                line.push(piece);
                continue;
            };
            let word = same.iter().all(|own| own.starts_with(is_word));
            let expanded = ["$", "${", "\\"].iter().any(|end| line.text.ends_with(end));
            if !word || expanded || line.is_command() {
                return Err(other);
            }
            let (start, end) = around(&same);
            let middles = same
                .iter()
                .filter_map(|own| own.get(start..own.len() - end));
            let middles: Vec<String> = middles.map(str::to_owned).collect();
            let name = self.variable(middles, &line.text);
            line.push(piece.get(..start).unwrap_or_default());
            line.expand(&name);
            line.push(piece.get(piece.len() - end..).unwrap_or_default());
        }
        Ok(line.done())
    }

    /// The variable that has these values; a new one is named after what it is.
    fn variable(&mut self, values: Vec<String>, before: &str) -> String {
        if let Some((name, _)) = self.columns.iter().find(|(_, known)| *known == values) {
            return name.clone();
        }
        let option = before
            .rsplit([' ', '\n'])
            .find(|word| word.starts_with("--"));
        let argument = before.rsplit(['"', ' ', '\n']).next().unwrap_or_default();
        let argument = argument.strip_suffix('=').filter(|name| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        let is = |make: fn(&str) -> String| {
            let names = self.names.iter().map(|name| make(name));
            names
                .zip(&values)
                .all(|(name, value)| name.ends_with(value.as_str()))
        };
        let what: &str = match (option, argument) {
            (_, Some(argument)) => &format!("ARG_{argument}"),
            _ if is(str::to_owned) => "NAME",
            _ if is(crate::manifest::resolved::image_variable) => "NAME_UPPER",
            (Some("--file"), _) => "DOCKERFILE",
            (Some("--target"), _) => "TARGET",
            _ => "VALUE",
        };
        let name = format!("BUILD_{what}");
        let taken = |name: &str| {
            self.taken.get(name).is_some() || self.columns.iter().any(|(known, _)| known == name)
        };
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        let name = names.find(|name| !taken(name)).unwrap_or_default();
        self.columns.push((name.clone(), values));
        name
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// A text as words and what stands between them.
fn pieces(text: &str) -> Vec<&str> {
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
fn around(words: &[&str]) -> (usize, usize) {
    let first = words.first().copied().unwrap_or_default();
    let separators = first.match_indices(['-', '_', '.']);
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
struct Line {
    text: String,
    quote: Option<char>,
    /// Where the word begins that is written now.
    word: usize,
    /// Whether that word is to be quoted as a whole.
    expands: bool,
    /// Whether quotes or patterns stand in that word.
    special: bool,
}

impl Line {
    fn push(&mut self, piece: &str) {
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
    fn is_command(&self) -> bool {
        let before = self.text.trim_end_matches(' ');
        let begins = before.is_empty() || before.ends_with(['\n', ';', '|', '&', '(', '`']);
        self.quote.is_none() && self.word == self.text.len() && begins
    }

    fn expand(&mut self, name: &str) {
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

    fn done(mut self) -> String {
        self.close();
        self.text
    }
}
