//! Where text goes in the scripts of a job: by variables, files, pipes, loops and functions.
//!
//! In: the scripts of a job, in the order in which it runs them. Out: for any [`Text`], the variables whose text
//! is in it and that no script sets: the [roots](Flow::roots). Always holds: a step is taken only where the
//! text surely comes through ([`passed`]); a variable or a file that is set twice may be each of both; each
//! word is looked at once for a question, so that loops end.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::passed;
use crate::gitlab::shell::commands::{Command, Part, Word};

/// A script of a job.
#[derive(Clone, Copy)]
pub(super) struct Unit<'s> {
    pub(super) text: &'s str,
    pub(super) commands: &'s [Command],
}

/// A word of a job's scripts.
#[derive(Clone, Copy, Eq)]
pub(super) struct Text<'s> {
    /// The script, by its index.
    pub(super) unit: usize,
    /// The command that it is of.
    pub(super) command: &'s Command,
    pub(super) word: &'s Word,
}

/// A word is looked at where it stands: one that is written alike elsewhere is another.
impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.word, other.word)
    }
}

impl std::hash::Hash for Text<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.word).hash(state);
    }
}

/// A command, by the indexes of its script and in that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct At {
    pub(super) unit: usize,
    pub(super) command: usize,
}

/// What is known of the scripts of a job.
pub(super) struct Flow<'s> {
    pub(super) units: Vec<Unit<'s>>,
    /// What is assigned to each variable.
    assigned: HashMap<String, Vec<Source<'s>>>,
    /// What is written to each file.
    files: HashMap<String, Vec<Source<'s>>>,
    /// The arguments of calls, by the name of what is called.
    calls: HashMap<String, Vec<(At, &'s [Word])>>,
    /// The variables that a script compares with a text.
    compared: HashSet<String>,
    /// How many steps may still be taken.
    steps: Cell<usize>,
}

/// How many steps are taken for the scripts of one job.
const STEPS: usize = 1_000_000;

/// Where text comes from.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Source<'s> {
    Word(Text<'s>),
    /// What a command prints.
    Printed(At),
    /// The standard input of a command, as far as it is known.
    Read(At),
    /// A file, by its path.
    File(String),
    /// A variable, in a function or outside of all.
    Variable(String, Option<&'s str>),
}

impl<'s> Flow<'s> {
    pub(super) fn of(units: Vec<Unit<'s>>) -> Self {
        let mut flow = Self {
            units: Vec::new(),
            assigned: HashMap::new(),
            files: HashMap::new(),
            calls: HashMap::new(),
            compared: HashSet::new(),
            steps: Cell::new(STEPS),
        };
        for (number, unit) in units.iter().enumerate() {
            for (index, command) in unit.commands.iter().enumerate() {
                let at = At {
                    unit: number,
                    command: index,
                };
                flow.add(at, command);
            }
        }
        flow.units = units;
        flow
    }

    /// Notes what a command sets, writes and calls.
    fn add(&mut self, at: At, command: &'s Command) {
        const BUILTINS: [&str; 5] = ["export", "local", "declare", "readonly", "typeset"];
        let text = |word| Text {
            unit: at.unit,
            command,
            word,
        };
        let program = command.program();
        let name = program.as_ref().map_or("", |(name, _)| name);
        let arguments = program
            .as_ref()
            .map_or(&[][..], |(_, arguments)| *arguments);
        let declares: &[Word] = match BUILTINS.contains(&name) {
            true => arguments,
            false => &[],
        };
        for word in command.assignments.iter().chain(declares) {
            if let Some((variable, _)) = word.start().split_once('=') {
                let variable = variable.strip_suffix('+').unwrap_or(variable);
                self.assign(variable, Source::Word(text(word)));
            }
        }
        for one in &command.redirections {
            if one.operator.starts_with(['>', '&']) && !one.operator.ends_with('&') {
                self.write(&one.target, Source::Printed(at));
            }
        }
        let shown = || arguments.iter().map(Word::shown);
        match name {
            "read" | "mapfile" | "readarray" => {
                let mut words = shown();
                while let Some(word) = words.next() {
                    match word.strip_prefix('-') {
                        Some(letters) if letters.ends_with('a') => {}
                        Some(letters) if letters.ends_with(['d', 'n', 'N', 'p', 't', 'u', 'i']) => {
                            words.next();
                        }
                        Some(_) => {}
                        None => self.assign(&word, Source::Read(at)),
                    }
                }
            }
            "printf" => {
                if let Some([option, variable, rest @ ..]) = Some(arguments)
                    && option.is("-v")
                    && !rest.iter().any(|word| word.shown().contains("%q"))
                {
                    let variable = variable.shown();
                    rest.iter()
                        .for_each(|word| self.assign(&variable, Source::Word(text(word))));
                }
            }
            "tee" => {
                let files = arguments
                    .iter()
                    .filter(|word| !word.start().starts_with('-'));
                files.for_each(|file| self.write(file, Source::Read(at)));
            }
            "cp" | "mv" | "install" => {
                let mut files = arguments
                    .iter()
                    .filter(|word| !word.start().starts_with('-'));
                if let (Some(from), Some(to)) = (files.next().and_then(path), files.next_back()) {
                    self.write(to, Source::File(from));
                }
            }
            "[" | "[[" | "test" => self.compare(arguments),
            _ => {}
        }
        if let Some((name, arguments)) = program {
            self.calls.entry(name).or_default().push((at, arguments));
        }
    }

    fn assign(&mut self, variable: &str, source: Source<'s>) {
        self.assigned
            .entry(variable.to_owned())
            .or_default()
            .push(source);
    }

    fn write(&mut self, file: &Word, source: Source<'s>) {
        if let Some(path) = path(file) {
            self.files.entry(path).or_default().push(source);
        }
    }

    /// `[ "$A" = main ]`, `[[ $A =~ ^v[0-9]+$ ]]`: the script itself looks what text it has.
    fn compare(&mut self, arguments: &[Word]) {
        for three in arguments.windows(3) {
            let [left, operator, right] = three else {
                continue;
            };
            if !["=", "==", "=~"].iter().any(|one| operator.is(one)) {
                continue;
            }
            for (side, other) in [(left, right), (right, left)] {
                let is_fixed = other.variables().next().is_none() && !other.shown().is_empty();
                if let (Some(name), true) = (side.variables().next(), is_fixed) {
                    self.compared.insert(name.to_owned());
                }
            }
        }
    }

    /// Whether a script compares a variable with a text.
    pub(super) fn compares(&self, name: &str) -> bool {
        self.compared.contains(name)
    }

    pub(super) fn command(&self, at: At) -> Option<&'s Command> {
        self.units.get(at.unit)?.commands.get(at.command)
    }

    /// Whether a script writes a file of this name.
    pub(super) fn writes(&self, word: &Word) -> bool {
        path(word).is_some_and(|path| self.files.contains_key(&path))
    }

    /// What is in the file that a word names, or in `<(...)`.
    pub(super) fn file(&self, text: Text<'s>) -> Vec<Source<'s>> {
        let unit = self.units.get(text.unit);
        let written = unit.and_then(|unit| unit.text.get(text.word.range.clone()));
        if let [Part::Output { printing, .. }] = text.word.parts.as_slice()
            && written.is_some_and(|written| written.starts_with("<("))
        {
            return printed(text.unit, printing).collect();
        }
        path(text.word).map(Source::File).into_iter().collect()
    }

    /// The words that have a text in them, as a script writes it.
    pub(super) fn words(&self, from: impl IntoIterator<Item = Source<'s>>) -> Vec<Text<'s>> {
        let mut walk = Walk::new(self, from);
        let mut words = Vec::new();
        while let Some(source) = walk.next() {
            match source {
                Source::Word(text) => words.push(text),
                other => walk.step(&other),
            }
        }
        words
    }

    /// The variables whose text is in another and that no script sets. A parameter of the whole script is one
    /// of them.
    pub(super) fn roots(&self, from: Source<'s>) -> BTreeSet<String> {
        let mut walk = Walk::new(self, [from]);
        while let Some(source) = walk.next() {
            walk.step(&source);
        }
        walk.roots
    }

    /// Whether every text was followed to its end.
    pub(super) fn is_whole(&self) -> bool {
        self.steps.get() > 0
    }
}

/// What commands of a script print.
fn printed<'s>(unit: usize, commands: &[usize]) -> impl Iterator<Item = Source<'s>> {
    let at = move |command: &usize| At {
        unit,
        command: *command,
    };
    commands.iter().map(at).map(Source::Printed)
}

/// The path of a file, alike for all that mean the same.
fn path(word: &Word) -> Option<String> {
    const FOLDERS: [&str; 5] = [
        "./",
        "$CI_PROJECT_DIR/",
        "${CI_PROJECT_DIR}/",
        "$PWD/",
        "${PWD}/",
    ];
    if word
        .parts
        .iter()
        .any(|part| matches!(part, Part::Output { .. } | Part::Other))
    {
        return None;
    }
    let shown = word.shown();
    let mut path = shown.as_str();
    while let Some(rest) = FOLDERS.iter().find_map(|folder| path.strip_prefix(folder)) {
        path = rest;
    }
    (!path.is_empty() && path != "/dev/null").then(|| path.to_owned())
}

/// One question, and what is still to be looked at for it.
struct Walk<'f, 's> {
    flow: &'f Flow<'s>,
    open: Vec<Source<'s>>,
    seen: HashSet<Source<'s>>,
    roots: BTreeSet<String>,
}

impl<'f, 's> Walk<'f, 's> {
    fn new(flow: &'f Flow<'s>, from: impl IntoIterator<Item = Source<'s>>) -> Self {
        let mut open: Vec<Source<'s>> = from.into_iter().collect();
        open.reverse();
        Self {
            flow,
            open,
            seen: HashSet::new(),
            roots: BTreeSet::new(),
        }
    }

    /// The next source that was not looked at.
    fn next(&mut self) -> Option<Source<'s>> {
        loop {
            let source = self.open.pop()?;
            let left = self.flow.steps.get().checked_sub(1)?;
            self.flow.steps.set(left);
            if self.seen.insert(source.clone()) {
                return Some(source);
            }
        }
    }

    /// Adds where the text of a source comes from.
    fn step(&mut self, source: &Source<'s>) {
        let flow = self.flow;
        match source {
            Source::Word(text) => self.parts(*text, &text.word.parts),
            Source::Printed(at) => self.printed(*at),
            Source::Read(at) => self.input(*at),
            Source::File(path) => {
                let all = flow.files.get(path).map(Vec::as_slice).unwrap_or_default();
                self.open.extend(all.iter().rev().cloned());
            }
            Source::Variable(name, function) => {
                let is_parameter =
                    name.parse::<usize>().is_ok() || matches!(name.as_str(), "@" | "*");
                match flow.assigned.get(name) {
                    _ if is_parameter => self.parameter(name, *function),
                    Some(all) => self.open.extend(all.iter().cloned()),
                    None => {
                        self.roots.insert(name.clone());
                    }
                }
            }
        }
    }

    fn parts(&mut self, text: Text<'s>, parts: &'s [Part]) {
        let function = text.command.function.as_deref();
        let mut rest = parts.iter().peekable();
        while let Some(part) = rest.next() {
            match part {
                Part::Variable {
                    name,
                    written,
                    operand,
                    ..
                } => {
                    let name = match name.eq_ignore_ascii_case("env") {
                        true => in_powershell(written, rest.peek().copied()),
                        false => passed::expansion(name, written).then_some(name.as_str()),
                    };
                    let variable = name.map(|name| Source::Variable(name.to_owned(), function));
                    self.open.extend(variable);
                    self.parts(text, operand);
                }
                Part::Output { printing, .. } => self.open.extend(printed(text.unit, printing)),
                Part::Text { .. } | Part::Other => {}
            }
        }
    }

    /// `$1` of a function, or of the script behind `set --`.
    fn parameter(&mut self, name: &str, function: Option<&'s str>) {
        let flow = self.flow;
        let calls = flow.calls.get(function.unwrap_or("set"));
        let mut found = function.is_some();
        let number = name.parse::<usize>().ok();
        let number = number.and_then(|number| number.checked_sub(1));
        for (at, arguments) in calls.into_iter().flatten() {
            let arguments = match (function, arguments) {
                (Some(_), arguments) => arguments,
                (None, [first, rest @ ..]) if first.is("--") => rest,
                (None, _) => continue,
            };
            found = true;
            let Some(command) = flow.command(*at) else {
                continue;
            };
            let wanted = arguments.iter().enumerate();
            let wanted = wanted.filter(|(index, _)| number.is_none_or(|number| number == *index));
            self.open.extend(wanted.map(|(_, word)| {
                Source::Word(Text {
                    unit: at.unit,
                    command,
                    word,
                })
            }));
        }
        if !found {
            self.roots.insert(name.to_owned());
        }
    }

    fn input(&mut self, at: At) {
        let Some(command) = self.flow.command(at) else {
            return;
        };
        for one in &command.redirections {
            let text = Text {
                unit: at.unit,
                command,
                word: &one.target,
            };
            match one.operator {
                "<<" | "<<<" => self.open.push(Source::Word(text)),
                "<" => self.open.extend(self.flow.file(text)),
                _ => {}
            }
        }
        self.open.extend(printed(at.unit, &command.reads));
    }

    /// What a command prints as it is: its arguments, or what it reads.
    fn printed(&mut self, at: At) {
        let Some(command) = self.flow.command(at) else {
            return;
        };
        let text = |word| Text {
            unit: at.unit,
            command,
            word,
        };
        let Some((program, arguments)) = command.program() else {
            // `$(< file)`, and a text in front of a pipe, which PowerShell prints.
            match command.words.as_slice() {
                [] => self.open.push(Source::Read(at)),
                [one] => self.open.push(Source::Word(text(one))),
                _ => {}
            }
            return;
        };
        let words = arguments.iter().map(text);
        match program.to_ascii_lowercase().as_str() {
            "printf" if arguments.iter().any(|word| word.shown().contains("%q")) => {}
            "echo" | "printf" | "basename" | "dirname" | "write-output" | "write-host" => {
                self.open.extend(words.rev().map(Source::Word));
            }
            name if passed::filter(name, arguments) => {
                let files = words.filter(|text| !text.word.start().starts_with('-'));
                self.open
                    .extend(files.flat_map(|file| self.flow.file(file)));
                self.open.push(Source::Read(at));
            }
            _ => {}
        }
    }
}

/// The name in `$env:NAME` and `${env:NAME}` of PowerShell, of which a shell reads the first part as a variable.
fn in_powershell<'p>(written: &'p str, next: Option<&'p Part>) -> Option<&'p str> {
    let inner = written.split_once(':').map(|(_, name)| name);
    let behind = || match next {
        Some(Part::Text { text, .. }) => text.strip_prefix(':'),
        _ => None,
    };
    let other = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    inner.or_else(behind)?.split(other).next()
}
