//! Which comments of ShellCheck are told of a script in CI.
//!
//! In: a comment, and what `.windlass.toml` wants. Out: how bad it is, or that it is not told. Always holds:
//! errors and warnings are told unless a line here says why they are wrong of CI; what a repository says of
//! a number counts more.

use std::collections::HashMap;

use super::comment::{Comment, Level};
use super::dialect::Shell;
use crate::finding::Severity;
use crate::gitlab::shell::commands::{Command, Part};
use crate::lint::script::Script;

/// Not told, as in CI they are wrong too often, each with the reason; `docs/lint.md` has the same table.
const OFF: [(u32, &str); 17] = [
    (1010, "`echo done` prints a word"),
    (
        1083,
        "`{{.ID}}` of a Go template and `\\${NAME}` for `eval` mean it so",
    ),
    (
        2120,
        "functions that several jobs share take arguments that not all of them give",
    ),
    (2166, "bash and BusyBox read `-a` and `-o` in `[` alike"),
    (
        1087,
        "`$NAME[collapsed=true]` is how a section of the log is opened",
    ),
    (1090, "the file that is read is known when the job runs"),
    (1091, "the file that is read may be made by the job"),
    (
        1128,
        "a first line `#!/bin/bash` is a comment to the runner, and does no harm",
    ),
    (
        2010,
        "the names of a repository's files are known, and have no blanks",
    ),
    (
        2024,
        "the file belongs to the job, which writes it without `sudo`",
    ),
    (
        2034,
        "an assignment changes a CI/CD variable of that name, which programs read",
    ),
    (
        2038,
        "the names of a repository's files are known, and have no blanks",
    ),
    (
        2044,
        "the names of a repository's files are known, and have no blanks",
    ),
    (
        2045,
        "the names of a repository's files are known, and have no blanks",
    ),
    (
        2046,
        "options and lists of names are often handed over as several words",
    ),
    (
        2087,
        "a script that `ssh` reads gets the values of CI/CD variables this way",
    ),
    (
        2154,
        "projects, groups and `dotenv` reports set variables that no file names",
    ),
];

/// Programs that do not fail: in `export NOW=$(date)` no failure is hidden.
const SURE: [&str; 12] = [
    "basename", "date", "dirname", "echo", "getconf", "hostname", "id", "nproc", "printf", "pwd",
    "uname", "whoami",
];

/// Programs that do not fail where they read what another one prints.
const FILTERS: [&str; 10] = [
    "base64", "cut", "head", "rev", "sed", "sort", "tail", "tr", "uniq", "wc",
];

/// What the `sh` of BusyBox has, although ShellCheck says that it is not standard (measured with 1.35).
const ASH_HAS: [u32; 2] = [2112, 2113];

/// About text that is always the same. In a file with inputs that is what inputs are for.
const CONSTANTS: [u32; 9] = [2043, 2050, 2078, 2157, 2158, 2159, 2160, 2161, 2194];

/// What the `sh` of BusyBox lacks, of what ShellCheck says that POSIX lacks (measured with 1.35: `[[`, `==`,
/// `source`, `local`, `pipefail`, `${x:1:2}`, `${x//a/b}`, `&>`, `<(...)` and others work).
const ASH_LACKS: [u32; 26] = [
    3004, 3005, 3006, 3007, 3008, 3009, 3011, 3016, 3017, 3022, 3024, 3025, 3029, 3030, 3032, 3033,
    3034, 3035, 3042, 3044, 3050, 3053, 3054, 3055, 3056, 3059,
];

/// What a repository wants of single numbers; `None`: it is not told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::lint) struct Choices(pub(in crate::lint) HashMap<u32, Option<Severity>>);

impl Choices {
    /// How bad a comment is, if they are as bad as `default`; `None` if it is not told.
    pub(super) fn severity(
        &self,
        comment: &Comment,
        shell: Shell,
        default: Severity,
    ) -> Option<Severity> {
        if let Some(wanted) = self.0.get(&comment.code) {
            return *wanted;
        }
        let is_bad = matches!(comment.level, Level::Error | Level::Warning);
        let is_off = OFF.iter().any(|(code, _)| *code == comment.code);
        let works = match shell {
            Shell::Ash => {
                let lacks = ASH_LACKS.contains(&comment.code);
                ASH_HAS.contains(&comment.code) || (is_of_dialect(comment.code) && !lacks)
            }
            Shell::Bash => false,
        };
        (is_bad && !is_off && !works).then_some(default)
    }
}

/// The comments of one script without those that say one thing twice: behind the first mistake of syntax
/// ShellCheck reads on as it can, and says that it could not (SC1072, SC1073).
pub(super) fn once(comments: Vec<Comment>) -> Vec<Comment> {
    const GAVE_UP: u32 = 1072;
    let is_general = |code: u32| matches!(code, GAVE_UP | 1073);
    let mut unread: HashMap<usize, u32> = HashMap::new();
    for one in comments.iter().filter(|one| one.code == GAVE_UP) {
        unread.insert(one.script, GAVE_UP);
    }
    let of_syntax = |one: &Comment| one.level == Level::Error && one.code < 2000;
    for one in comments.iter().filter(|one| of_syntax(one)) {
        if let Some(first) = unread.get_mut(&one.script)
            && (is_general(*first) && (one.code == 1073 || !is_general(one.code)))
        {
            *first = one.code;
        }
    }
    let stays = |one: &Comment| match unread.get(&one.script) {
        Some(first) => !of_syntax(one) || one.code == *first,
        None => true,
    };
    comments.into_iter().filter(stays).collect()
}

/// Whether an assignment hides only failures of programs that do not fail (SC2155). `at` is in the text.
pub(super) fn hides_nothing(code: u32, script: &Script, at: usize) -> bool {
    if code != 2155 {
        return false;
    }
    let words = script.commands.iter().flat_map(|command| &command.words);
    let word = words.rev().find(|word| word.range.contains(&at));
    let parts = word.iter().flat_map(|word| &word.parts);
    let inside: Vec<usize> = parts
        .filter_map(|part| match part {
            Part::Output { commands, .. } => Some(commands),
            _ => None,
        })
        .flatten()
        .copied()
        .collect();
    let is_sure = |command: &Command| {
        let program = command.program();
        program.is_some_and(|(program, _)| {
            let program = program.as_str();
            SURE.contains(&program) || (!command.reads.is_empty() && FILTERS.contains(&program))
        })
    };
    let commands = inside.iter().filter_map(|at| script.commands.get(*at));
    !inside.is_empty() && commands.into_iter().all(is_sure)
}

/// Whether it is about something that not every shell has.
pub(super) fn is_of_dialect(code: u32) -> bool {
    (3000..4000).contains(&code)
}

/// Whether it is about text that is always the same.
pub(super) fn is_about_constants(code: u32) -> bool {
    CONSTANTS.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::OFF;

    #[test]
    fn the_documentation_names_what_is_off_and_why() {
        let page = include_str!("../../../docs/lint.md");
        for (code, reason) in OFF {
            let row = format!("| SC{code} | {reason} |");
            assert!(page.contains(&row), "docs/lint.md lacks: {row}");
        }
        assert_eq!(page.matches("\n| SC").count(), OFF.len());
    }
}
