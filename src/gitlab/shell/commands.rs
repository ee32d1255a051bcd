//! The commands of a script, as a POSIX shell or bash splits it.
//!
//! In: the text of a script. Out: its simple commands in order, those inside of `$(...)`, `if`, loops and
//! functions included, each with its words and redirections, and what a loop gives its variable as an
//! assignment; `None` if the text does not read as a script,
//! as one of PowerShell may. Always holds: a word lies at its range of the text; what a shell would replace
//! is no literal text of it; no input panics, and reading takes time linear in the text.
//!
//! Facts: POSIX.1-2024, XCU 2 "Shell Command Language", and `[[`, `<(...)`, `<<<`, `$'...'` of bash.

use std::ops::Range;

use super::reader;

/// A simple command: `NAME=value program argument >file`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// The variables that it sets for its program, or for the script if it has none.
    pub assignments: Vec<Word>,
    /// The program and its arguments.
    pub words: Vec<Word>,
    /// Where it reads from and writes to.
    pub redirections: Vec<Redirection>,
    /// The commands, by their indexes, whose output it reads: one, or those of `{ ...; }` and its like.
    pub reads: Vec<usize>,
    /// The function of the script that it stands in.
    pub function: Option<String>,
    /// The whole command in the text.
    pub range: Range<usize>,
}

/// One word of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// What it is made of, in order.
    pub parts: Vec<Part>,
    /// Where it is in the text.
    pub range: Range<usize>,
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that stays as it is; quotes are gone.
    Text {
        /// The text.
        text: String,
        /// Whether it was quoted or escaped.
        quoted: bool,
    },
    /// A variable that the shell replaces.
    Variable {
        /// Its name, or the sign of a special one, as `@`.
        name: String,
        /// As it is written, `${NAME:-x}`.
        written: String,
        /// Whether it stands in double quotes.
        quoted: bool,
        /// What else a shell replaces between the braces, as `$B` in `${A:-$B}`.
        operand: Vec<Part>,
    },
    /// What commands print: `$(...)`, `` `...` ``, or a file `<(...)` of it.
    Output {
        /// All commands in there, by their indexes, those inside of each other too.
        commands: Vec<usize>,
        /// Those whose output it is: no other one reads it.
        printing: Vec<usize>,
    },
    /// Arithmetic, or what is not told apart here.
    Other,
}

/// A redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirection {
    /// The operator: `>`, `>>`, `<`, `<<`, `<<<`, ...
    pub operator: &'static str,
    /// The file; of a here-document its text, in which a shell replaces variables or not.
    pub target: Word,
}

/// The commands of a script.
pub fn commands(text: &str) -> Option<Vec<Command>> {
    reader::read(text)
}

impl Word {
    /// The text, if nothing in it is replaced.
    pub fn literal(&self) -> Option<String> {
        let text = |part: &Part| match part {
            Part::Text { text, .. } => Some(text.as_str().to_owned()),
            Part::Variable { .. } | Part::Output { .. } | Part::Other => None,
        };
        self.parts.iter().map(text).collect()
    }

    /// The text with variables as they are written; what commands print is left out.
    pub fn shown(&self) -> String {
        let text = |part: &Part| match part {
            Part::Text { text, .. } => text.clone(),
            Part::Variable { written, .. } => written.clone(),
            Part::Output { .. } | Part::Other => String::new(),
        };
        self.parts.iter().map(text).collect()
    }

    /// The text that it begins with.
    pub fn start(&self) -> &str {
        match self.parts.first() {
            Some(Part::Text { text, .. }) => text,
            _ => "",
        }
    }

    /// Whether it is exactly this text.
    pub fn is(&self, wanted: &str) -> bool {
        self.literal().is_some_and(|text| text == wanted)
    }

    /// The names of the variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable { name, .. } => Some(name.as_str()),
            Part::Text { .. } | Part::Output { .. } | Part::Other => None,
        })
    }
}

/// Programs that run the program behind them, with the options of theirs that take a value.
const WRAPPERS: [(&str, &[&str]); 9] = [
    ("sudo", &["-u", "-g", "--user", "--group", "-h", "-C"]),
    ("env", &["-u", "--unset", "-C", "--chdir"]),
    ("exec", &["-a"]),
    ("command", &[]),
    ("builtin", &[]),
    ("time", &[]),
    ("nohup", &[]),
    ("timeout", &["-s", "--signal", "-k", "--kill-after"]),
    ("nice", &["-n", "--adjustment"]),
];

impl Command {
    /// The command, by its index, whose output it reads, if it is one.
    pub fn reads_one(&self) -> Option<usize> {
        match self.reads.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// The name of the program without its folder, and its arguments; programs that only run another one,
    /// as `sudo`, are left out.
    pub fn program(&self) -> Option<(String, &[Word])> {
        let mut words = self.words.as_slice();
        loop {
            let (first, rest) = words.split_first()?;
            let path = first.literal()?;
            let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
            let wrapper = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == name);
            let Some((wrapper, valued)) = wrapper else {
                return Some((name, rest));
            };
            words = rest;
            while let Some((word, after)) = words.split_first() {
                let text = word.shown();
                let is_setting = *wrapper == "env" && text.contains('=');
                if !text.starts_with('-') && !is_setting {
                    break;
                }
                words = match valued.contains(&text.as_str()) {
                    true => after.get(1..).unwrap_or_default(),
                    false => after,
                };
            }
            if *wrapper == "timeout" {
                words = words.get(1..).unwrap_or_default();
            }
        }
    }
}

impl Command {
    /// The words that set a variable of the script, `NAME=value`, also by `export` and its like.
    pub fn assigned(&self, name: &str) -> impl Iterator<Item = &Word> {
        const BUILTINS: [&str; 5] = ["export", "local", "declare", "readonly", "typeset"];
        let program = self.words.first().and_then(Word::literal);
        let words: &[Word] = match program {
            None if self.words.is_empty() => &self.assignments,
            Some(program) if BUILTINS.contains(&program.as_str()) => &self.words,
            _ => &[],
        };
        let sets = move |word: &&Word| {
            let value = word.start().strip_prefix(name);
            value.is_some_and(|value| value.starts_with('='))
        };
        words.iter().filter(sets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A script as its commands, one a line: words in brackets, variables as they are written.
    fn shown(text: &str) -> String {
        let Some(all) = commands(text) else {
            return "unreadable".to_owned();
        };
        let word = |word: &Word| {
            assert!(text.get(word.range.clone()).is_some(), "{word:?}");
            let parts = word.parts.iter().map(|part| match part {
                Part::Text { text, .. } => text.clone(),
                Part::Variable {
                    written, quoted, ..
                } if *quoted => format!("\"{written}\""),
                Part::Variable { written, .. } => written.clone(),
                Part::Output { commands, .. } => format!("{commands:?}"),
                Part::Other => "?".to_owned(),
            });
            format!("<{}>", parts.collect::<String>())
        };
        let line = |command: &Command| {
            let mut line: String = command.assignments.iter().map(word).collect();
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(command.words.iter().map(word));
            for one in &command.redirections {
                line += &format!(" {}{}", one.operator, word(&one.target));
            }
            if !command.reads.is_empty() {
                let from: Vec<String> = command.reads.iter().map(usize::to_string).collect();
                line += &format!(" from {}", from.join(", "));
            }
            if let Some(function) = &command.function {
                line += &format!(" in {function}");
            }
            line
        };
        all.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_script_is_split_as_a_shell_splits_it() {
        for (text, expected) in [
            (
                "echo a  'b c' \"d $E\" f\\ g",
                "<echo><a><b c><d \"$E\"><f g>",
            ),
            (
                "A=1 B=$C make -j2 >out 2>&1",
                "<A=1><B=$C> <make><-j2> ><out> >&<1>",
            ),
            (
                "a | b |& c; d && e || f & g",
                "<a>\n<b> from 0\n<c> from 1\n<d>\n<e>\n<f>\n<g>",
            ),
            ("# no\na # b\nc#d", "<a>\n<c#d>"),
            ("x=$(a | b) y", "<a>\n<b> from 0\n<x=[0, 1]> <y>"),
            (
                "echo `a \\`b\\`` \"$(c \"d\")\"",
                "<b>\n<a><[0]>\n<c><d>\n<echo><[0, 1]><[2]>",
            ),
            (
                "if a; then b; elif c; then d; else e; fi",
                "<a>\n<b>\n<c>\n<d>\n<e>",
            ),
            (
                "for x in a $B; do c \"$x\"; done | d",
                "<x=a><x=$B> \n<c><\"$x\">\n<d> from 1",
            ),
            ("while read x; do a; done < f", "<read><x> <<f>\n<a>"),
            (
                "case $x in a|b) c;; (d) e ;; *) f; esac; g",
                "<c>\n<e>\n<f>\n<g>",
            ),
            (
                "f() { a; }; function g { b; }; c",
                "<a> in f\n<b> in g\n<c>",
            ),
            ("{ a; b | c; } | d", "<a>\n<b>\n<c> from 1\n<d> from 0, 2"),
            ("a | (b; c) | d", "<a>\n<b> from 0\n<c>\n<d> from 1, 2"),
            ("{ a; $(b); } > f", "<a> ><f>\n<b>\n<[1]> ><f>"),
            (
                "while read x; do a; done <<E\n$Y\nE\nb",
                "<read><x> <<<\"$Y\"\n>\n<a>\n<b>",
            ),
            ("f() { a; } | b", "<a> in f\n<b>"),
            (
                "[[ $a == b && -n $c ]] && d",
                "<[[><$a><==><b><&&><-n><$c><]]>\n<d>",
            ),
            ("((x < 3)) && (a; b)", "<a>\n<b>"),
            (
                "cat <<E | a\nx $Y\nE\nb",
                "<cat> <<<x \"$Y\"\n>\n<a> from 0\n<b>",
            ),
            ("cat <<-'E'\n\tx $Y\n\tE\nb", "<cat> <<<x $Y\n>\n<b>"),
            (
                "bash <(curl x) <<< \"$A\"",
                "<curl><x>\n<bash><[0]> <<<<\"$A\">",
            ),
            (
                "echo ${A:-${B}} $((1 + 2)) $'a\\tb' ${#C}",
                "<echo><${A:-${B}}><?><a\tb><${#C}>",
            ),
            ("a \\\n  b", "<a><b>"),
            ("echo $[[ inputs.x ]] {a,b} $", "<echo><?><{a,b}><$>"),
            ("! a", "<a>"),
            ("a 'b", "unreadable"),
            ("a \"$(b\"", "unreadable"),
            ("a )", "unreadable"),
            ("", ""),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        for (text, expected) in MORE {
            assert_eq!(shown(text), *expected, "{text}");
        }
    }

    /// What scripts hold that a plain reader stumbles over.
    const MORE: &[(&str, &str)] = &[
        ("a=(b\n c) d", "<a=?> <d>"),
        ("while :; do a; done", "<:>\n<a>"),
        (
            "if [ -n \"$A\" ]; then b\nfi\nc",
            "<[><-n><\"$A\"><]>\n<b>\n<c>",
        ),
        ("a <<E && b\n$(c)\nE", "<a> <<<[2]\n>\n<b>\n<c>"),
    ];

    #[test]
    fn a_program_is_found_behind_those_that_run_it() {
        for (text, name, arguments) in [
            ("sudo -u root /usr/bin/docker login", "docker", 1),
            ("env -u X A=1 timeout -k 5 10 curl x y", "curl", 2),
            ("exec sh", "sh", 0),
        ] {
            let all = commands(text).unwrap_or_default();
            let program = all.first().and_then(Command::program);
            let program = program.map(|(name, rest)| (name, rest.len()));
            assert_eq!(program, Some((name.to_owned(), arguments)), "{text}");
        }
    }
}
