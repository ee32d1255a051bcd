//! What the commands of a script read a second time, as code.
//!
//! In: a script and its commands. Out: each variable that some program runs as code, the program, and where
//! the word stands. Always holds: what reaches a program as an argument, in its environment or as a file is
//! no code; what a command changes on the way, as `printf %q` or `tr` do, is not known and not told.
//!
//! Facts: the options are those of bash 5.3, util-linux 2.41 (`su`, `flock`, `script`), findutils 4.10
//! (`xargs`), Python 3.14, Node.js 24, Perl 5.42, Ruby 3.4, PHP 8.4, PowerShell 7.5 and OpenSSH 10.

use std::ops::Range;

use super::download::SHELLS;
use crate::gitlab::shell::commands::{Command, Part, Word, commands};

/// Code in code is looked at this deep.
const DEPTH: usize = 4;

/// A variable that is read as code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Evaluated {
    /// The program that reads it, for a message.
    pub(super) reader: String,
    /// The variable.
    pub(super) name: String,
    /// The word that it stands in.
    pub(super) range: Range<usize>,
}

/// A program that takes code.
struct Reader {
    names: &'static [&'static str],
    /// Letters of short options whose value is code.
    code: &'static str,
    /// Letters of short options with another value.
    valued: &'static str,
    /// Long options whose value is code.
    long: &'static [&'static str],
    /// Long options whose value is the next word and no code.
    long_valued: &'static [&'static str],
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// With `-c` the first word that is no option is code; without a file it reads its standard input.
    Shell,
    /// Options stand anywhere; without code it starts a shell that reads its standard input.
    User,
    /// Options end at a file; without one it reads its standard input.
    Language,
    /// Options stand anywhere, and only they give it code.
    Options,
}

const READERS: [Reader; 9] = [
    Reader {
        names: &SHELLS,
        code: "c",
        valued: "oO",
        long: &[],
        long_valued: &["rcfile", "init-file"],
        kind: Kind::Shell,
    },
    Reader {
        names: &["su", "runuser"],
        code: "c",
        valued: "sgGwu",
        long: &["command", "session-command"],
        long_valued: &["shell", "group", "supp-group", "user"],
        kind: Kind::User,
    },
    Reader {
        names: &["flock", "script"],
        code: "c",
        valued: "wEIOTBmo",
        long: &["command"],
        long_valued: &["wait", "timeout", "conflict-exit-code"],
        kind: Kind::Options,
    },
    Reader {
        names: &["python"],
        code: "c",
        valued: "WXm",
        long: &[],
        long_valued: &[],
        kind: Kind::Language,
    },
    Reader {
        names: &["node", "nodejs", "bun"],
        code: "ep",
        valued: "rC",
        long: &["eval", "print"],
        long_valued: &["require", "import", "input-type"],
        kind: Kind::Language,
    },
    Reader {
        names: &["perl"],
        code: "eE",
        valued: "iIMmxF0lCdD",
        long: &[],
        long_valued: &[],
        kind: Kind::Language,
    },
    Reader {
        names: &["ruby"],
        code: "e",
        valued: "iIrxFKCET0",
        long: &[],
        long_valued: &[],
        kind: Kind::Language,
    },
    Reader {
        names: &["php"],
        code: "rRBE",
        valued: "dczfFgtS",
        long: &["run", "process-code", "process-begin", "process-end"],
        long_valued: &["define", "php-ini"],
        kind: Kind::Language,
    },
    Reader {
        names: &["pwsh", "powershell"],
        code: "c",
        valued: "fwv",
        long: &[],
        long_valued: &[],
        kind: Kind::Options,
    },
];

/// Programs that start another one somewhere else, which reads their standard input.
const RUNNERS: [&str; 9] = [
    "docker",
    "podman",
    "nerdctl",
    "docker-compose",
    "kubectl",
    "oc",
    "chroot",
    "nsenter",
    "lxc",
];

/// Options of `ssh` that take a value.
const SSH_VALUED: &str = "BbcDEeFIiJLlmOopPQRSWw";

/// All variables that the commands of a script read as code.
pub(super) fn evaluated(text: &str, all: &[Command]) -> Vec<Evaluated> {
    within(text, all, DEPTH)
}

fn within(text: &str, all: &[Command], depth: usize) -> Vec<Evaluated> {
    let mut out = Vec::new();
    for index in 0..all.len() {
        let Some(code) = Script { text, all }.code(index) else {
            continue;
        };
        for word in &code.words {
            let mut names = Vec::new();
            Script { text, all }.variables(word, depth, &mut names);
            let direct = names.into_iter().map(|name| (code.reader.clone(), name));
            let inner = nested(&code, word, depth);
            let inner = inner.into_iter().map(|one| (one.reader, one.name));
            out.extend(direct.chain(inner).map(|(reader, name)| Evaluated {
                reader,
                name,
                range: word.range.clone(),
            }));
        }
    }
    out
}

/// What the code in a word reads as code itself.
fn nested(code: &Code<'_>, word: &Word, depth: usize) -> Vec<Evaluated> {
    let text = word.literal().filter(|_| code.is_ours && depth > 0);
    let Some(text) = text else {
        return Vec::new();
    };
    let all = commands(&text).unwrap_or_default();
    within(&text, &all, depth.saturating_sub(1))
}

/// What a command reads as code.
struct Code<'c> {
    reader: String,
    words: Vec<&'c Word>,
    /// Whether it is code of a shell that has the variables of the job.
    is_ours: bool,
}

/// The options of a [`Reader`], understood.
enum Found<'c> {
    /// Behind this option is code; `None` where the word is missing.
    Code(String, Option<&'c Word>),
    /// It reads code from its standard input.
    Input,
    /// It reads no code, or that of a file.
    File(Option<&'c Word>),
}

#[derive(Clone, Copy)]
struct Script<'c> {
    text: &'c str,
    all: &'c [Command],
}

impl<'c> Script<'c> {
    fn code(self, index: usize) -> Option<Code<'c>> {
        let command = self.all.get(index)?;
        let (program, arguments) = command.program()?;
        let ours = |reader: &str, words| Code {
            reader: format!("`{reader}`"),
            words,
            is_ours: true,
        };
        match program.as_str() {
            "eval" => return Some(ours("eval", arguments.iter().collect())),
            "trap" => return Some(ours("trap", arguments.iter().take(1).collect())),
            "source" | "." => {
                let file = arguments.first()?;
                let words = match file.shown().as_str() {
                    "/dev/stdin" => self.input(command),
                    _ => self.read_file(file),
                };
                return Some(ours(&program, words));
            }
            "ssh" | "autossh" => return Some(self.ssh(command, arguments)),
            "sshpass" => {
                let at = arguments.iter().position(|word| word.is("ssh"))?;
                return Some(self.ssh(command, arguments.get(at + 1..)?));
            }
            _ => {}
        }
        let own = command.words.len().checked_sub(arguments.len() + 1)?;
        let runs = RUNNERS.contains(&program.as_str());
        for (at, word) in command.words.iter().enumerate() {
            if word.is("install") || word.is("add") {
                return None;
            }
            let Some((name, reader)) = word.literal().and_then(|name| reader(&name)) else {
                continue;
            };
            let anywhere = matches!(reader.kind, Kind::Shell | Kind::Language);
            if at < own || (at > own && !runs && !anywhere) {
                continue;
            }
            let rest = command.words.get(at + 1..).unwrap_or_default();
            let is_ours = reader.kind != Kind::Language && !runs;
            let (reader, words) = match reader.find(rest) {
                Found::Code(option, code) => {
                    let mut words: Vec<&Word> = code.into_iter().collect();
                    if program == "xargs" && (code.is_none() || replaces(arguments, code)) {
                        words.extend(self.input(command));
                    }
                    (format!("`{name} {option}`"), words)
                }
                Found::Input if at == own || runs => (format!("`{name}`"), self.input(command)),
                Found::File(Some(file)) if at == own => (format!("`{name}`"), self.read_file(file)),
                Found::Input | Found::File(_) => continue,
            };
            if !words.is_empty() {
                return Some(Code {
                    reader,
                    words,
                    is_ours,
                });
            }
        }
        entrypoint(arguments).filter(|_| runs)
    }

    /// The command that `ssh` runs on the other side, and what a shell reads there.
    fn ssh(self, command: &'c Command, arguments: &'c [Word]) -> Code<'c> {
        let remote = remote(arguments).unwrap_or_default();
        let mut words: Vec<&Word> = remote.iter().collect();
        let reads = remote.iter().enumerate().any(|(at, word)| {
            let found = word.literal().and_then(|name| reader(&name));
            let rest = remote.get(at + 1..).unwrap_or_default();
            found.is_some_and(|(_, reader)| matches!(reader.find(rest), Found::Input))
        });
        if remote.is_empty() || reads {
            words.extend(self.input(command));
        }
        Code {
            reader: "the shell behind `ssh`".to_owned(),
            words,
            is_ours: false,
        }
    }

    /// The text on the standard input of a command, as far as it is known.
    fn input(self, command: &'c Command) -> Vec<&'c Word> {
        let mut words = Vec::new();
        for one in &command.redirections {
            match one.operator {
                "<<" | "<<<" => words.push(&one.target),
                "<" => words.extend(self.read_file(&one.target)),
                _ => {}
            }
        }
        if let Some(from) = command.reads {
            words.extend(self.printed(from));
        }
        words
    }

    /// What stands in the file `<(...)`.
    fn read_file(self, word: &'c Word) -> Vec<&'c Word> {
        let written = self.text.get(word.range.clone()).unwrap_or_default();
        match word.parts.as_slice() {
            [Part::Output(commands)] if written.starts_with("<(") => {
                let last = commands.last().copied();
                last.map(|last| self.printed(last)).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// What a command prints, if it prints its arguments or its standard input as they are.
    fn printed(self, index: usize) -> Vec<&'c Word> {
        let mut at = index;
        let mut words = Vec::new();
        while let Some(command) = self.all.get(at) {
            let Some((program, arguments)) = command.program() else {
                break;
            };
            match program.as_str() {
                "echo" => words.extend(arguments),
                "printf" if !arguments.iter().any(|word| word.shown().contains("%q")) => {
                    words.extend(arguments);
                }
                "cat" | "tee" => {
                    let here = command.redirections.iter();
                    let here = here.filter(|one| matches!(one.operator, "<<" | "<<<"));
                    words.extend(here.map(|one| &one.target));
                    match command.reads.filter(|before| *before < at) {
                        Some(before) => {
                            at = before;
                            continue;
                        }
                        None => break,
                    }
                }
                _ => {}
            }
            break;
        }
        words
    }

    /// The variables whose text is in a word, also by `$(echo ...)`.
    fn variables(self, word: &Word, depth: usize, out: &mut Vec<String>) {
        for part in &word.parts {
            match part {
                Part::Variable { name, written, .. } if is_raw(name, written) => {
                    out.push(name.clone());
                }
                Part::Output(commands) if depth > 0 => {
                    let last = commands.last().copied();
                    for word in last.map(|last| self.printed(last)).unwrap_or_default() {
                        self.variables(word, depth - 1, out);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The reader of a name or a path, and the name.
fn reader(path: &str) -> Option<(String, &'static Reader)> {
    let name = path.rsplit('/').next()?;
    let known = |name: &str| READERS.iter().find(|one| one.names.contains(&name));
    let versioned = || known(name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'));
    Some((name.to_owned(), known(name).or_else(versioned)?))
}

impl Reader {
    /// What its options say.
    fn find<'c>(&self, arguments: &'c [Word]) -> Found<'c> {
        let mut words = arguments.iter();
        let (mut code, mut input) = (None, false);
        while let Some(word) = words.next() {
            let text = word.shown();
            if let Some(long) = text.strip_prefix("--").filter(|long| !long.is_empty()) {
                let (name, value) = long
                    .split_once('=')
                    .map_or((long, None), |(name, value)| (name, Some(value)));
                if self.long.contains(&name) {
                    let word = if value.is_some() {
                        Some(word)
                    } else {
                        words.next()
                    };
                    return Found::Code(format!("--{name}"), word);
                }
                if value.is_none() && self.long_valued.contains(&name) {
                    words.next();
                }
                continue;
            }
            let letters = text.strip_prefix('-').or_else(|| {
                let shell = self.kind == Kind::Shell;
                text.strip_prefix('+').filter(|_| shell)
            });
            let Some(letters) = letters.filter(|letters| !letters.is_empty()) else {
                match (self.kind, text.as_str()) {
                    (Kind::User | Kind::Options, _) => continue,
                    (Kind::Shell, "-") if code.is_some() => continue,
                    (_, "-") => return Found::Input,
                    (Kind::Language, _) => return Found::File(Some(word)),
                    (Kind::Shell, _) => {}
                }
                return match (code, input) {
                    (Some(option), _) => Found::Code(option, Some(word)),
                    (None, true) => Found::Input,
                    (None, false) => Found::File(Some(word)),
                };
            };
            if letters == "-" {
                continue;
            }
            if self.names.contains(&"pwsh") {
                // Its options are words, which may be shortened.
                if letters.to_ascii_lowercase().starts_with('c') {
                    return Found::Code(text.clone(), words.next());
                }
                continue;
            }
            let count = letters.chars().count();
            for (at, letter) in letters.chars().enumerate() {
                let is_last = at + 1 == count;
                let only_code = letters.chars().skip(at).all(|c| self.code.contains(c));
                if self.code.contains(letter) {
                    match self.kind {
                        Kind::Shell => code = Some(text.clone()),
                        // As in `-pe` of Node.js.
                        _ if only_code => return Found::Code(text.clone(), words.next()),
                        _ => return Found::Code(format!("-{letter}"), Some(word)),
                    }
                } else if self.valued.contains(letter) {
                    if is_last {
                        words.next();
                    }
                    break;
                }
                input |= self.kind == Kind::Shell && letter == 's';
            }
        }
        match (self.kind, code) {
            (_, Some(option)) => Found::Code(option, None),
            (Kind::Options, None) => Found::File(None),
            (Kind::Shell | Kind::User | Kind::Language, None) => Found::Input,
        }
    }
}

/// Whether `xargs` puts what it reads into the code.
fn replaces(arguments: &[Word], code: Option<&Word>) -> bool {
    let code = code.map(Word::shown).unwrap_or_default();
    let mut words = arguments.iter().map(Word::shown);
    while let Some(word) = words.next() {
        let sign = match word.as_str() {
            "-I" => words.next(),
            "-i" | "--replace" => Some("{}".to_owned()),
            _ => word
                .strip_prefix("-I")
                .or_else(|| word.strip_prefix("--replace="))
                .map(str::to_owned),
        };
        if sign.is_some_and(|sign| !sign.is_empty() && code.contains(&sign)) {
            return true;
        }
    }
    false
}

/// `docker run --entrypoint sh IMAGE -c CODE`.
fn entrypoint(arguments: &[Word]) -> Option<Code<'_>> {
    let at = arguments
        .iter()
        .position(|word| word.start().starts_with("--entrypoint"))?;
    let option = arguments.get(at)?.shown();
    let name = match option.strip_prefix("--entrypoint=") {
        Some(name) => name.to_owned(),
        None => arguments.get(at + 1)?.shown(),
    };
    let (name, reader) = reader(&name)?;
    let rest = arguments.get(at + 1..)?;
    let is_code = |word: &Word| match word.shown().strip_prefix('-') {
        Some(letters) => {
            !letters.starts_with('-') && letters.ends_with(|c| reader.code.contains(c))
        }
        None => false,
    };
    let at = rest.iter().rposition(is_code)?;
    Some(Code {
        reader: format!("`{name} {}`", rest.get(at)?.shown()),
        words: rest.get(at + 1).into_iter().collect(),
        is_ours: false,
    })
}

/// Whether a variable stands there with its own text: not quoted once more, replaced or counted.
fn is_raw(name: &str, written: &str) -> bool {
    let Some(inner) = written.strip_prefix("${") else {
        return true;
    };
    let Some(rest) = inner.strip_prefix(name) else {
        return false;
    };
    !(rest.starts_with(['@', '/', '+']) || rest.starts_with(":+"))
}

/// The command that `ssh` runs on the other side: what follows its options and the host.
fn remote(arguments: &[Word]) -> Option<&[Word]> {
    let mut rest = arguments;
    loop {
        let (first, after) = rest.split_first()?;
        rest = after;
        let text = first.shown();
        let Some(option) = text.strip_prefix('-') else {
            return Some(rest);
        };
        // The value of the last letter may be the next word.
        let valued = option.chars().position(|c| SSH_VALUED.contains(c));
        if valued.is_some_and(|at| at + 1 == option.chars().count()) {
            rest = rest.get(1..)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::evaluated;
    use crate::gitlab::shell::commands::commands;

    /// The variables that are read as code.
    fn read(text: &str) -> String {
        let all = commands(text).unwrap_or_default();
        let names = evaluated(text, &all).into_iter().map(|one| one.name);
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_read_twice_is_found() {
        for text in [
            "eval \"a $A\"",
            "eval $(echo \"a $A\")",
            "eval \"$(printf 'a %s' \"$A\")\"",
            "trap \"rm $A\" EXIT",
            "bash -ec \"a $A\"",
            "bash -e -o pipefail -c \"a $A\" x",
            "sh -c \"$A\"",
            "sh -c 'eval \"$A\"'",
            "sh -c \"$(echo \"$A\")\"",
            "sudo -u x timeout 5 bash --norc -c \"$A\"",
            "docker run --rm x sh -c \"$A\"",
            "docker run --rm --entrypoint sh x -c \"$A\"",
            "docker exec -i x sh <<E\n$A\nE",
            "docker exec x sh -c \"a $A\" b",
            "kubectl exec x -- /bin/bash -c \"a ${A}\"",
            "echo \"a $A\" | bash",
            "echo \"a $A\" | tee log | sudo bash -s",
            "printf 'a %s' \"$A\" | docker exec -i x sh",
            "cat <<E | sh\n$A\nE",
            "bash <<< \"$A\"",
            "bash <(echo \"$A\")",
            ". <(echo \"$A\")",
            "source /dev/stdin <<< \"$A\"",
            "su -c \"a $A\"",
            "su me -c \"a $A\"",
            "su - me --command=\"a $A\"",
            "echo \"$A\" | su - me",
            "flock lock -c \"a $A\"",
            "node -e \"x('$A')\"",
            "node --eval=\"x('$A')\"",
            "node -pe \"'$A'\"",
            "python3 -c \"print('$A')\"",
            "python3.14 -u -c \"print('$A')\"",
            "python -c\"print('$A')\"",
            "python3 - <<E\nprint('$A')\nE",
            "perl -ne \"print '$A'\"",
            "ruby -e \"puts '$A'\"",
            "php -r \"echo '$A';\"",
            "pwsh -NoProfile -Command \"Write-Host $A\"",
            "xargs sh -c \"a $A\"",
            "echo \"$A\" | xargs -I{} sh -c 'a {}'",
            "echo \"$A\" | xargs sh -c",
            "find . -exec sh -c \"a $A\" \\;",
            "ssh -o B=no -i k -p 22 me@host \"a $A\"",
            "ssh host bash -s -- \"$A\"",
            "ssh -tt host bash <<E\na $A\nE",
            "ssh host <<E\na $A\nE",
            "echo \"a $A\" | ssh host",
            "sshpass -e ssh host \"a $A\"",
        ] {
            assert_eq!(read(text), "A", "{text}");
        }
    }

    #[test]
    fn what_is_data_is_not_found() {
        for text in [
            "echo \"$A\"",
            "grep -c $A",
            "sh script.sh \"$A\"",
            "bash -c 'a \"$1\"' sh \"$A\"",
            "bash -c 'a \"$A\"'",
            "bash -s -- \"$A\" <<'E'\na \"$1\"\nE",
            "bash <<'E'\n$A\nE",
            "cat <<'E' | bash\n$A\nE",
            "echo \"$A\" | tr -dc a-z | bash",
            "echo \"$A\" | docker exec -i x cat",
            "docker run -e A=\"$A\" x sh -c 'a \"$A\"'",
            "docker exec x a \"$A\"",
            "eval \"$(printf 'a %q' \"$A\")\"",
            "eval \"a ${A@Q}\"",
            "eval \"a ${#A} ${A:+set} ${A//[^a-z]/}\"",
            "eval \"$(ssh-agent -s)\" \"$(tool --title \"$A\")\"",
            "ssh host './a $A'",
            "printf '%s' \"$A\" | ssh host ./a",
            "ssh host \"./a $(printf %q \"$A\")\"",
            "su me -c 'a \"$1\"' -- \"$A\"",
            "python3 tool.py -c \"$A\"",
            "python3 -c 'import os; os.environ[\"A\"]' \"$A\"",
            "node -e 'process.env.A' \"$A\"",
            "php artisan x -r \"$A\"",
            "echo \"$A\" | xargs sh -c 'a \"$1\"' sh",
            "echo \"$A\" | xargs -I{} sh -c 'a \"$1\"' sh {}",
            "echo \"$A\" | python3 tool.py",
            "conda install python -c \"$A\"",
            "npm run script -c \"$A\"",
            "curl -d \"$A\" https://example.com | bash",
        ] {
            assert_eq!(read(text), "", "{text}");
        }
    }
}
