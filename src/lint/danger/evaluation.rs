//! Text that outsiders write is never run as code.
//!
//! Facts: a script's variables are its environment, so `"$CI_COMMIT_TITLE"` is one argument whatever it
//! holds; `eval`, `sh -c "... $X"` and `ssh host "... $X"` read it a second time, as code. Git takes names
//! of branches as `a$(id)` (`git check-ref-format`, 2.51).

use std::collections::HashSet;

use super::download::SHELLS;
use crate::config::Job;
use crate::finding::{Code, Finding};
use crate::gitlab::shell::commands::{Command, Word};
use crate::gitlab::variables::names;
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;
use crate::plan::{Presence, Ref};

/// Names of branches, which whoever pushes one chooses.
const BRANCHES: [&str; 5] = [
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_REF_NAME",
    "CI_BUILD_REF_NAME",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME",
];
/// Text of commits and merge requests.
const TEXTS: [&str; 7] = [
    "CI_COMMIT_MESSAGE",
    "CI_COMMIT_TITLE",
    "CI_COMMIT_DESCRIPTION",
    "CI_COMMIT_AUTHOR",
    "CI_MERGE_REQUEST_TITLE",
    "CI_MERGE_REQUEST_DESCRIPTION",
    "GITLAB_USER_NAME",
];

/// Options of `ssh` that take a value.
const SSH_VALUED: &str = "BbcDEeFIiJLlmOopPQRSWw";

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = lint.config();
    for script in lint.scripts().iter() {
        for command in &script.commands {
            let Some((reader, words)) = evaluated(command) else {
                continue;
            };
            for word in words {
                let found = word.variables().find_map(|name| {
                    let jobs = script.jobs.iter().copied();
                    let jobs = jobs.filter_map(|at| Some((at, config.jobs.get(at)?)));
                    let mut outside = jobs.filter_map(|(at, job)| {
                        let from = origin(lint, job, name)?;
                        reaches(lint, at, from).then_some(from)
                    });
                    Some((name.to_owned(), outside.next()?))
                });
                let Some((name, from)) = found else { continue };
                if !lint.is_new(
                    Code::ScriptInjection,
                    &format!("{:?} {name} {}", script.place, word.range.start),
                ) {
                    continue;
                }
                let whose = match BRANCHES.contains(&from) {
                    true => "whoever pushes a branch",
                    false => "whoever writes a commit or a merge request",
                };
                let message = format!("{reader} runs `${name}` as code, which {whose} chooses");
                let place = script.at(&word.range, &config.sources);
                let mut finding = Finding::new(Code::ScriptInjection, place, message);
                if from != name {
                    finding = finding.help(format!("`${name}` holds `${from}`"));
                }
                lint.push(finding.help(
                    "hand it over as an argument or in the environment: `sh -c '... \"$1\"' sh \"$X\"`, or use the slug of the name",
                ));
            }
        }
    }
}

/// What a command reads a second time, as code, and which program does.
fn evaluated(command: &Command) -> Option<(String, Vec<&Word>)> {
    let (program, arguments) = command.program()?;
    let here = || {
        let all = command.redirections.iter();
        let here = all.filter(|one| matches!(one.operator, "<<" | "<<<"));
        here.map(|one| &one.target)
    };
    if program == "eval" {
        return Some(("`eval`".to_owned(), arguments.iter().collect()));
    }
    if program == "ssh" {
        let remote = remote(arguments).unwrap_or_default();
        let mut words: Vec<&Word> = remote.iter().collect();
        // Without a command the shell of the other side reads the standard input.
        let is_shell = |word: &Word| word.literal().is_some_and(|text| is_shell(&text));
        if remote.first().is_none_or(is_shell) {
            words.extend(here());
        }
        return Some(("the shell behind `ssh`".to_owned(), words));
    }
    let is_file = |word: &Word| !word.shown().starts_with('-');
    if is_shell(&program) && !arguments.iter().any(is_file) {
        return Some((format!("`{program}`"), here().collect()));
    }
    // `sh -c TEXT`, also behind `docker exec`, `su` and their like.
    let flags: Vec<String> = command.words.iter().map(Word::shown).collect();
    let code = |at: usize| {
        let (name, option) = (flags.get(at)?, flags.get(at + 1)?);
        let name = name.rsplit('/').next()?;
        let short = option.starts_with('-') && !option.starts_with("--");
        let runs = match name {
            shell if is_shell(shell) => short && option.ends_with('c'),
            "su" | "python" | "python2" | "python3" => option == "-c",
            "node" => matches!(option.as_str(), "-e" | "--eval" | "-p"),
            "perl" | "ruby" => short && option.contains('e'),
            "php" => option == "-r",
            _ => false,
        };
        runs.then(|| Some((format!("`{name} {option}`"), command.words.get(at + 2)?)))?
    };
    let (reader, word) = (0..flags.len()).find_map(code)?;
    Some((reader, vec![word]))
}

fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name.rsplit('/').next().unwrap_or(name))
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

/// The variable of outsiders that a variable of a job holds, itself or by others.
fn origin(lint: &Lint<'_>, job: &Job, name: &str) -> Option<&'static str> {
    let mut open = vec![name.to_owned()];
    let mut seen = HashSet::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let own = job.variables.get(&name);
        let global = lint.config.variables.get(&name);
        let set = own.or(global.filter(|_| job.inherits.takes(&name)));
        match set {
            Some(variable) if variable.expand => {
                open.extend(names(&variable.value).map(str::to_owned));
            }
            Some(_) => {}
            None => {
                let all = BRANCHES.iter().chain(&TEXTS);
                if let Some(outside) = all.copied().find(|outside| *outside == name) {
                    return Some(outside);
                }
            }
        }
    }
    None
}

/// Whether a job runs where outsiders choose the text of a variable: the name of a branch is free only
/// where no condition spells it.
fn reaches(lint: &Lint<'_>, job: usize, variable: &str) -> bool {
    lint.seen.iter().any(|one| {
        let runs = one.absence.is_none() && one.jobs.get(job) == Some(&Presence::In);
        let free = match &one.situation.reference {
            Ref::MergeRequest { .. } => true,
            Ref::Branch(_) if one.situation.is_default_branch() => false,
            Ref::Branch(_) => !lint.compared.spells(&one.situation.reference),
            Ref::Tag(_) => false,
        };
        let only_requests = variable.starts_with("CI_MERGE_REQUEST_");
        let is_request = matches!(one.situation.reference, Ref::MergeRequest { .. });
        match BRANCHES.contains(&variable) {
            _ if only_requests && !is_request => false,
            true => runs && free,
            false => runs,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::evaluated;
    use crate::gitlab::shell::commands::commands;

    fn read(text: &str) -> String {
        let all = commands(text).unwrap_or_default();
        let found = all.iter().filter_map(evaluated);
        let words = found.flat_map(|(_, words)| words.into_iter().map(|word| word.shown()));
        words.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn what_is_read_twice_is_found() {
        for (text, words) in [
            ("eval \"a $A\"", "a $A"),
            ("bash -ec \"a $A\"", "a $A"),
            ("docker exec x sh -c \"a $A\" b", "a $A"),
            ("ssh -o B=no -i k -p 22 me@host \"a $A\" b", "a $A|b"),
            ("ssh -tt host bash <<E\na $A\nE", "bash|a $A\n"),
            ("python3 -c \"print('$A')\"", "print('$A')"),
            ("sh script.sh \"$A\"", ""),
            ("bash -c 'a \"$1\"' sh \"$A\"", "a \"$1\""),
            ("echo \"$A\"", ""),
            ("grep -c $A", ""),
        ] {
            assert_eq!(read(text), words, "{text}");
        }
    }
}
