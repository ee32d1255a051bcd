//! Programs that take code, and which of their arguments it is.
//!
//! In: a program and its arguments. Out: the word that is code, or that the program reads its input or a file.
//! Always holds: options are read as the program reads them; a word that is only data is none of them.
//!
//! Facts: the options are those of bash 5.3, util-linux 2.41 (`su`, `flock`, `script`), findutils 4.10
//! (`xargs`), Python 3.14, Node.js 24, Perl 5.42, Ruby 3.4, PHP 8.4, PowerShell 7.5 and OpenSSH 10.

use super::super::download::SHELLS;
use crate::gitlab::shell::commands::Word;

/// A program that takes code.
pub(super) struct Reader {
    names: &'static [&'static str],
    /// Letters of short options whose value is code.
    code: &'static str,
    /// Letters of short options with another value.
    valued: &'static str,
    /// Long options whose value is code.
    long: &'static [&'static str],
    /// Long options whose value is the next word and no code.
    long_valued: &'static [&'static str],
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
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
pub(super) const RUNNERS: [&str; 9] = [
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

/// The options of a [`Reader`], understood.
pub(super) enum Found<'c> {
    /// Behind this option is code; `None` where the word is missing.
    Code(String, Option<&'c Word>),
    /// It reads code from its standard input.
    Input,
    /// It reads no code, or that of a file.
    File(Option<&'c Word>),
}

/// The reader of a name or a path, and the name.
pub(super) fn reader(path: &str) -> Option<(String, &'static Reader)> {
    let name = path.rsplit('/').next()?;
    let known = |name: &str| READERS.iter().find(|one| one.names.contains(&name));
    let versioned = || known(name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'));
    Some((name.to_owned(), known(name).or_else(versioned)?))
}

impl Reader {
    /// What its options say.
    pub(super) fn find<'c>(&self, arguments: &'c [Word]) -> Found<'c> {
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
pub(super) fn replaces(arguments: &[Word], code: Option<&Word>) -> bool {
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
pub(super) fn entrypoint(arguments: &[Word]) -> Option<(String, Option<&Word>)> {
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
    Some((
        format!("{name} {}", rest.get(at)?.shown()),
        rest.get(at + 1),
    ))
}

/// The command that `ssh` runs on the other side: what follows its options and the host.
pub(super) fn remote(arguments: &[Word]) -> Option<&[Word]> {
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
