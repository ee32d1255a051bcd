//! What lets text through: expansions of a shell, and programs that print what they read.
//!
//! In: `${NAME...}`, or a command. Out: whether the signs of code that a text may have, as `$(`, a quote or a
//! semicolon, are still in what comes out. Always holds: it is said only where it is sure; a change that may take them
//! away, as `${NAME//[^a-z]/}` or `tr -cd a-z`, lets nothing through.
//!
//! Facts: bash 5.3, "Shell Parameter Expansion"; coreutils 9.8; sed 4.9.

use crate::gitlab::shell::commands::Word;

/// Programs that print lines or fields of their input as they are.
const FILTERS: [&str; 9] = [
    "cat", "tee", "head", "tail", "sort", "uniq", "tac", "cut", "fold",
];

/// The shortest text that is worth anything as code: `;id`.
const SHORTEST: usize = 3;

/// Whether `${NAME...}`, or `$NAME`, has the text of the variable in it.
pub(super) fn expansion(name: &str, written: &str) -> bool {
    let inner = written
        .strip_prefix("${")
        .and_then(|text| text.strip_suffix('}'));
    let Some(inner) = inner else { return true };
    // `#` counts, `!` names another variable.
    let Some(mut rest) = inner.strip_prefix(name) else {
        return false;
    };
    if let Some((_, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        rest = after;
    }
    let mut signs = rest.chars();
    match (signs.next(), signs.next()) {
        (None, _) => true,
        // `Q` and its like quote once more.
        (Some('@'), Some(letter)) => "ULuEP".contains(letter),
        (Some(':'), Some('-' | '=' | '?')) | (Some('-' | '=' | '?' | '^' | ',' | '~'), _) => true,
        (Some('+'), _) | (Some(':'), Some('+')) => false,
        (Some(':'), _) => is_long_enough(rest),
        (Some('#' | '%'), _) => !has_negation(rest),
        (Some('/'), _) => replacement(rest),
        _ => false,
    }
}

/// `:FROM:LENGTH`.
fn is_long_enough(rest: &str) -> bool {
    let length = rest
        .splitn(3, ':')
        .nth(2)
        .map(|length| length.trim().parse::<usize>());
    !matches!(length, Some(Ok(length)) if length < SHORTEST)
}

/// `/PATTERN/TEXT`, `//PATTERN/TEXT`.
fn replacement(rest: &str) -> bool {
    let Some(all) = rest.strip_prefix("//") else {
        // It replaces once; `*` may reach to the end.
        return !(has_negation(rest) && rest.contains('*'));
    };
    // A slash in front is the pattern itself.
    let (first, after) = match all.strip_prefix('/') {
        Some(after) => ("/", after),
        None => ("", all),
    };
    let end = unescaped(after, '/').unwrap_or(after.len());
    let pattern = after.get(..end).unwrap_or_default();
    first == "/" && pattern.is_empty() || keeps(pattern, &['*', '?'])
}

/// Where a sign stands that no backslash is before and that is in no class.
fn unescaped(text: &str, wanted: char) -> Option<usize> {
    let (mut escaped, mut in_class) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == wanted && !in_class => return Some(at),
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
    }
    None
}

fn has_negation(pattern: &str) -> bool {
    pattern.contains("[^") || pattern.contains("[!")
}

/// Whether whatever a pattern matches is without signs of code, so that replacing it leaves them. `any` are its
/// signs for any text.
fn keeps(pattern: &str, any: &[char]) -> bool {
    let harmless = |c: char| c.is_alphanumeric() || " \n\r\t_-./:@%+=,".contains(c);
    let classes = [
        "[:upper:]",
        "[:lower:]",
        "[:alpha:]",
        "[:digit:]",
        "[:alnum:]",
        "[:space:]",
    ];
    let mut pattern = pattern.to_owned();
    for class in classes {
        pattern = pattern.replace(class, "a");
    }
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        let is_kept = match c {
            '\\' => match chars.next() {
                Some('n' | 'r' | 't' | 's' | 'd' | 'w') => true,
                Some(c) => harmless(c),
                None => false,
            },
            '[' if !in_class => {
                in_class = true;
                !matches!(chars.peek(), Some('^' | '!'))
            }
            ']' => {
                in_class = false;
                true
            }
            // A range from one of these goes over others.
            '-' if in_class => match chars.peek() {
                Some(']') | None => true,
                Some(next) => next.is_ascii_alphanumeric(),
            },
            c if any.contains(&c) && !in_class => false,
            '^' | '$' | '*' | '+' | '?' if !in_class && !any.contains(&'*') => true,
            c => {
                let range = chars.peek() == Some(&'-') && in_class;
                harmless(c) && (!range || c.is_ascii_alphanumeric())
            }
        };
        if !is_kept {
            return false;
        }
    }
    true
}

/// Whether a program prints text from its standard input, or from the files that it gets, as it is.
pub(super) fn filter(program: &str, arguments: &[Word]) -> bool {
    match program {
        "tr" => translation(arguments),
        "sed" => edit(arguments),
        "awk" | "gawk" | "mawk" => fields(arguments),
        "grep" | "egrep" | "fgrep" => search(arguments),
        "xargs" => arguments
            .iter()
            .all(|word| word.start().starts_with('-') || word.is("echo")),
        _ => FILTERS.contains(&program),
    }
}

/// `tr SET OTHER`, `tr -d SET`.
fn translation(arguments: &[Word]) -> bool {
    let mut sets = Vec::new();
    for word in arguments {
        let Some(text) = word.literal() else {
            return false;
        };
        match text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            Some(letters) if letters.contains(['c', 'C']) || letters == "-complement" => {
                return false;
            }
            Some(_) => {}
            None => sets.push(text),
        }
    }
    // A set is one class of a pattern; a hyphen at an end is itself.
    sets.first()
        .is_some_and(|set| keeps(&format!("[{}]", set.trim_matches('-')), &[]))
}

/// `sed 's/PATTERN/TEXT/'`.
fn edit(arguments: &[Word]) -> bool {
    let mut scripts = Vec::new();
    let mut words = arguments.iter().map(Word::literal);
    while let Some(word) = words.next() {
        let Some(text) = word else { return false };
        match text.as_str() {
            "-e" | "--expression" => scripts.extend(words.next().flatten()),
            "-f" | "--file" => return false,
            option if option.starts_with('-') => {}
            _ if scripts.is_empty() => scripts.push(text),
            _ => {}
        }
    }
    let is_kept = |script: &String| {
        let mut rest = script.trim();
        while let Some(command) = rest.strip_prefix('s') {
            let Some(sign) = command.chars().next() else {
                return false;
            };
            let body = command.get(sign.len_utf8()..).unwrap_or_default();
            let Some(end) = unescaped(body, sign) else {
                return false;
            };
            let pattern = body.get(..end).unwrap_or_default();
            if !keeps(pattern, &['.', '(', '|']) {
                return false;
            }
            let after = body.get(end + sign.len_utf8()..).unwrap_or_default();
            let Some(end) = unescaped(after, sign) else {
                return false;
            };
            let flags = after.get(end + sign.len_utf8()..).unwrap_or_default();
            rest = flags
                .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == ';' || c == ' ');
        }
        rest.is_empty()
    };
    !scripts.is_empty() && scripts.iter().all(is_kept)
}

/// `awk '{print $1}'`.
fn fields(arguments: &[Word]) -> bool {
    let program = arguments
        .iter()
        .filter_map(Word::literal)
        .find(|text| text.contains("print"));
    program.is_some_and(|program| !program.contains("sub(") && !program.contains("[^"))
}

/// `grep` of whole lines that are not limited from their beginning to their end.
fn search(arguments: &[Word]) -> bool {
    arguments.iter().all(|word| {
        let text = word.shown();
        match text.strip_prefix('-') {
            Some(option) if !option.starts_with('-') => !option.contains(['o', 'c', 'q', 'l', 'x']),
            Some(_) => !text.starts_with("--only") && !text.starts_with("--line"),
            None => !(text.starts_with('^') && text.ends_with('$')),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{expansion, filter};
    use crate::gitlab::shell::commands::commands;

    #[test]
    fn an_expansion_with_the_text_lets_it_through() {
        for written in [
            "$A",
            "${A}",
            "${A:-b}",
            "${A^^}",
            "${A,,}",
            "${A#refs/heads/}",
            "${A##*/}",
            "${A%%-*}",
            "${A//\\//-}",
            "${A////-}",
            "${A/x/}",
            "${A//[A-Z]/x}",
            "${A:0:20}",
            "${A:3}",
            "${A@U}",
            "${A[0]}",
            "${A[@]}",
            "${A//_/-}",
            "${A/[^a]/}",
        ] {
            assert!(expansion("A", written), "{written}");
        }
        for written in [
            "${#A}",
            "${!A}",
            "${A@Q}",
            "${A[@]@Q}",
            "${A:+x}",
            "${A+x}",
            "${A//[^a-z]/}",
            "${A//[!a-z0-9]/-}",
            "${A%%[^a-z]*}",
            "${A##*[^a-z]}",
            "${A:0:1}",
            "${A//?/x}",
            "${A/[^a-z]*/}",
            "${A//[+-z]/}",
            "${A//[$;|&]/}",
        ] {
            assert!(!expansion("A", written), "{written}");
        }
    }

    #[test]
    fn a_filter_that_keeps_signs_of_code_lets_text_through() {
        let is_kept = |text: &str| {
            let all = commands(text).unwrap_or_default();
            let program = all.first().and_then(|command| command.program());
            program.is_some_and(|(program, arguments)| filter(&program, arguments))
        };
        for text in [
            "cat",
            "tr / -",
            "tr A-Z a-z",
            "tr '[:upper:]' '[:lower:]'",
            "tr -d '\\n'",
            "sed 's/_/-/g'",
            "sed -e 's#/#-#g' -e s/a/b/",
            "sed 's|^refs/heads/||'",
            "awk '{print $1}'",
            "grep -v x",
            "cut -d/ -f2",
            "xargs",
            "head -c 20",
            "tr _/ -",
        ] {
            assert!(is_kept(text), "{text}");
        }
        for text in [
            "tr -cd a-z",
            "tr -dc '[:alnum:]'",
            "tr -d '$;'",
            "tr '!-/' x",
            "sed 's/[^a-z]/-/g'",
            "sed s/.*//",
            "sed -n 5p",
            "sed \"s/$X//\"",
            "awk '{gsub(/x/, \"\"); print}'",
            "grep -o '[a-z]*'",
            "grep -E '^[a-z]+$'",
            "slugify",
            "md5sum",
            "base64",
        ] {
            assert!(!is_kept(text), "{text}");
        }
    }
}
