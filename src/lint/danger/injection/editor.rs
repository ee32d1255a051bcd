//! `sed` and `awk`, whose programs can start others.
//!
//! In: the arguments of one. Out: the words that are its program. Always holds: a word that is only data, as in
//! `awk -v a="$A"`, is none of them.
//!
//! Facts: the commands `e` and `s///e` of GNU sed 4.9 run a shell, and `--sandbox` forbids it; BusyBox has no
//! `e`. `system()` and `|` of awk run one (POSIX.1-2024).

use crate::gitlab::shell::commands::{Part, Word};

/// The words of the program that `sed` or `awk` gets.
pub(super) fn program<'w>(name: &str, arguments: &'w [Word]) -> Option<Vec<&'w Word>> {
    if arguments.iter().any(|word| word.is("--sandbox")) {
        return None;
    }
    match name {
        "sed" | "gsed" => Some(sed(arguments)),
        "awk" | "gawk" | "mawk" | "nawk" => awk(arguments).map(|word| vec![word]),
        _ => None,
    }
}

fn sed(arguments: &[Word]) -> Vec<&Word> {
    let (mut programs, mut bare) = (Vec::new(), Vec::new());
    let mut by_file = false;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let text = word.shown();
        if let Some(option) = text.strip_prefix("--") {
            match option.split_once('=').map_or(option, |(name, _)| name) {
                "expression" if option.contains('=') => programs.push(word),
                "expression" => programs.extend(words.next()),
                "file" => {
                    by_file = true;
                    words.next().filter(|_| !option.contains('='));
                }
                _ => {}
            }
            continue;
        }
        match text.strip_prefix('-') {
            None | Some("") => bare.push(word),
            // The rest of `-i` is a suffix.
            Some(letters) if letters.starts_with('i') => {}
            Some(letters) if letters.starts_with('e') && letters.len() > 1 => programs.push(word),
            Some(letters) if letters.ends_with('e') => programs.extend(words.next()),
            Some(letters) if letters.ends_with('f') => {
                by_file = true;
                words.next();
            }
            Some(_) => {}
        }
    }
    if programs.is_empty() && !by_file {
        // `-i ''` of BSD.
        programs.extend(bare.into_iter().find(|word| !word.shown().is_empty()));
    }
    programs
}

fn awk(arguments: &[Word]) -> Option<&Word> {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.shown().as_str() {
            "-v" | "-F" | "--assign" | "--field-separator" => {
                words.next();
            }
            "-f" | "--file" | "-S" => return None,
            "-e" | "--source" => return words.next(),
            option if option.starts_with('-') => {}
            _ => return Some(word),
        }
    }
    None
}

/// The sign between the parts of the `s` command that a program begins with.
pub(super) fn delimiter(program: &Word) -> Option<char> {
    let first = program.parts.iter().find_map(|part| match part {
        Part::Text { text, .. } if !text.is_empty() => Some(text.as_str()),
        _ => None,
    })?;
    first.trim_start().strip_prefix('s')?.chars().next()
}
