//! Words of the shell that runs a job: a text as one argument, in which variables are replaced; and the
//! [`commands`] of a script.
//!
//! In: a text of the manifest. Out: a word for a POSIX shell. Always holds: the shell reads exactly
//! one word, replaces variables in it and nothing else; `$$` is a `$`, as in GitLab's variables.

pub mod commands;
mod reader;

/// How deep one `${NAME:-...}` may stand in another.
const DEPTH: usize = 8;

/// The variable that a text begins with, as it is written: `$NAME`, `${NAME}`, or `${NAME:-other}`
/// with any operator of POSIX (XCU 2.6.2). `None` if a shell would read something else, or nothing.
pub fn expansion(text: &str) -> Option<&str> {
    text.get(..length(text, DEPTH)?)
}

/// How many bytes of a text are the variable that it begins with.
fn length(text: &str, depth: usize) -> Option<usize> {
    let bare = text.strip_prefix('$')?;
    let inside = bare.strip_prefix('{').unwrap_or(bare);
    let other = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let (name, mut rest) = inside.split_at_checked(inside.find(other).unwrap_or(inside.len()))?;
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if inside.len() == bare.len() {
        return Some(1 + name.len());
    }
    if !rest.starts_with('}') {
        rest = operand(rest)?;
    }
    while !rest.starts_with('}') {
        let next = rest.chars().next()?;
        let read = match next {
            '$' => length(rest, depth.checked_sub(1)?)?,
            // Shells disagree on quotes in there, and on a brace that another one must close.
            '"' | '\'' | '`' | '\\' | '{' => return None,
            _ => next.len_utf8(),
        };
        rest = rest.get(read..)?;
    }
    Some(text.len() - rest.len() + 1)
}

/// What stands behind the operator of `${NAME:-...}`.
fn operand(text: &str) -> Option<&str> {
    let colon = text.strip_prefix(':').unwrap_or(text);
    if let Some(rest) = colon.strip_prefix(['-', '=', '?', '+']) {
        return Some(rest);
    }
    let trims = ["##", "#", "%%", "%"];
    trims.iter().find_map(|trim| text.strip_prefix(trim))
}

/// What a shell would take for the start of a variable and cannot read to its end: `${Y`.
pub fn unreadable(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = rest.get(rest.find('$')?..)?;
        let read = match expansion(rest) {
            Some(written) => written.len(),
            None if rest.starts_with("${") => return Some(rest),
            None if rest.starts_with("$$") => 2,
            None => 1,
        };
        rest = rest.get(read..)?;
    }
}

/// A word in double quotes, in which variables are still expanded. No other `$` means anything,
/// least of all a command.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mut read = c.len_utf8();
        match c {
            '$' => match expansion(rest) {
                Some(variable) => {
                    out.push_str(variable);
                    read = variable.len();
                }
                None => {
                    out.push_str("\\$");
                    read += usize::from(rest.starts_with("$$"));
                }
            },
            '"' | '\\' | '`' => out.extend(['\\', c]),
            _ => out.push(c),
        }
        rest = rest.get(read..).unwrap_or_default();
    }
    out.push('"');
    out
}

/// A word that is quoted only if it needs to be; variables are expanded.
pub fn word(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// The longest line of a command that is not broken; in a job's `script` six characters stand before it.
pub const WIDTH: usize = 114;

/// A command on several lines if it is too long for one, broken at spaces outside of quotes, so a shell reads
/// the same words: after `|`, `&&` or `||` if a part that fits ends so, else with a backslash. What has no
/// such space stays as long as it is.
pub fn wrapped(command: &str) -> String {
    let indent = command.len() - command.trim_start_matches(' ').len() + 2;
    let mut out = String::new();
    let mut rest = command.to_owned();
    while rest.chars().count() > WIDTH {
        let spaces = breaks(&rest, indent);
        let fits = || spaces.iter().rev().filter(|at| **at <= WIDTH - 2);
        let joins = |at: usize| {
            rest.get(..at)
                .is_some_and(|line| line.ends_with(['|', '&']))
        };
        let after_operator = fits().find(|at| joins(**at));
        let Some(at) = after_operator.or(fits().next()).or(spaces.first()).copied() else {
            break;
        };
        let (line, after) = (rest.get(..at), rest.get(at + 1..));
        out.push_str(line.unwrap_or_default());
        out.push_str(if joins(at) { "\n" } else { " \\\n" });
        rest = format!("{}{}", " ".repeat(indent), after.unwrap_or_default());
    }
    out + &rest
}

/// The places of the spaces between words, beyond the indent. A line may be broken at each. What stands
/// in quotes with a command in them is not looked into.
fn breaks(text: &str, indent: usize) -> Vec<usize> {
    let (mut quote, mut escaped, mut braces) = (None, false, 0_usize);
    let mut spaces = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('\''), '\'') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => escaped = true,
            (Some(_), '"') => quote = None,
            (Some(_), '(' | '`') if before == '$' || c == '`' => break,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '{') if before == '$' || braces > 0 => braces += 1,
            (None, '}') => braces = braces.saturating_sub(1),
            // A redirection stays with its file.
            (None, ' ') if at > indent && braces == 0 && before != '>' => spaces.push(at),
            (None, _) => {}
        }
        before = c;
    }
    spaces
}

/// A word in single quotes, in which nothing is expanded.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{expansion, quoted, unreadable, wrapped};

    #[test]
    fn a_long_command_is_broken_between_words() {
        let long = "x".repeat(60);
        for (command, expected) in [
            (format!("a {long}"), format!("a {long}")),
            (
                format!("a {long} | b {long}"),
                format!("a {long} |\n  b {long}"),
            ),
            (
                format!("  if a {long} && b {long}; then"),
                format!("  if a {long} &&\n    b {long}; then"),
            ),
            (
                format!("a '{long} b' \"{long} {long}\""),
                format!("a '{long} b' \\\n  \"{long} {long}\""),
            ),
            (
                format!("abc \"$(b \"{long} {long}\")\" c"),
                format!("abc \\\n  \"$(b \"{long} {long}\")\" c"),
            ),
            (
                format!("abc ${{b:-{long} {long}}}"),
                format!("abc \\\n  ${{b:-{long} {long}}}"),
            ),
            (format!("{long}{long}"), format!("{long}{long}")),
        ] {
            assert_eq!(wrapped(&command), expected);
        }
    }

    #[test]
    fn only_variables_are_expanded_inside_quotes() {
        for (text, expected) in [
            ("$HOME ${HOME}", r#""$HOME ${HOME}""#),
            ("pa$$word", r#""pa\$word""#),
            ("$(id) `id`", r#""\$(id) \`id\`""#),
            ("$5.00 a$", r#""\$5.00 a\$""#),
            (r#"it's "q" \d"#, r#""it's \"q\" \\d""#),
            ("${A:?}@${B#*://}", r#""${A:?}@${B#*://}""#),
            ("x${Y", r#""x\${Y""#),
            ("${A:-$(id)}${B:-`id`}", r#""\${A:-\$(id)}\${B:-\`id\`}""#),
            ("$${A}", r#""\${A}""#),
            ("${A:-${B:-$C}} é", r#""${A:-${B:-$C}} é""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn a_variable_ends() {
        for (text, written) in [
            ("$A-b", "$A"),
            ("${A}b", "${A}"),
            ("${A:-a b}c}", "${A:-a b}"),
            ("${A##*/}", "${A##*/}"),
            ("${A-${B}}", "${A-${B}}"),
        ] {
            assert_eq!(expansion(text), Some(written));
            assert_eq!(unreadable(text), None);
        }
        for text in [
            "${", "${}", "${A", "${A!}", "${A/a/b}", "${!A}", "${#A}", "${1}", "${A:-\"}",
            "${A:-$}", "${A:-{}}", "${A:1:2}",
        ] {
            assert_eq!(expansion(text), None, "{text}");
            assert_eq!(unreadable(&format!("$$ $1 x{text}")), Some(text));
        }
    }
}
