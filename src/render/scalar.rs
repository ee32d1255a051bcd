//! Strings as YAML scalars that every reader takes for the same string.
//!
//! In: any string. Out: one scalar in the plainest style that is safe. Always holds: what is
//! written here reads back as this very string in Ruby's Psych (YAML 1.1, GitLab's reader), in
//! libyaml, and in the YAML of Go and Python. A plain scalar is written only if it belongs to a
//! small set that no reader resolves to anything else; nothing tries to be clever beyond it.

use std::fmt::Write as _;

use super::Reason;

/// libyaml looks for the `:` of a key within 1,024 characters; a little less is always safe.
const LONGEST_KEY: usize = 1_000;

/// The longest line in bytes, where it can be broken.
const WIDEST: usize = 120;

/// Words that YAML 1.1 readers take for a boolean or null, in any case.
const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];

/// How a string that is not plain is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Single,
    Double,
    Literal,
}

/// What decides about the style of a string, found in one pass.
#[derive(Default)]
struct Traits {
    /// Holds a character that has to be escaped, line breaks and tabs aside.
    invisible: bool,
    tab: bool,
    lines: bool,
    double_quotes: usize,
    single_quotes: usize,
    backslashes: usize,
    /// Holds `: ` or ` #`, or ends in `:`.
    indicator: bool,
    /// A line ends in white space, or consists of nothing else.
    ragged: bool,
    /// Ends in exactly one line break.
    final_break: bool,
    /// Ends in several line breaks.
    final_breaks: bool,
}

impl Traits {
    fn of(text: &str) -> Self {
        let mut traits = Traits::default();
        let mut before = '\n';
        for c in text.chars() {
            match c {
                '\n' => {
                    traits.lines = true;
                    traits.ragged |= matches!(before, ' ' | '\t');
                }
                '\t' => traits.tab = true,
                '"' => traits.double_quotes += 1,
                '\'' => traits.single_quotes += 1,
                '\\' => traits.backslashes += 1,
                _ => {}
            }
            traits.indicator |= matches!((before, c), (':', ' ' | '\t') | (' ' | '\t', '#'));
            traits.invisible |= !matches!(c, '\n' | '\t') && !visible(c);
            before = c;
        }
        traits.indicator |= before == ':';
        traits.ragged |= matches!(before, ' ' | '\t');
        traits.final_breaks = text.ends_with("\n\n");
        traits.final_break = !traits.final_breaks && before == '\n' && !text.is_empty();
        traits
    }

    /// Whether a literal block keeps the string in every reader and every editor.
    fn suits_literal(&self, text: &str) -> bool {
        !self.invisible && !self.ragged && !self.final_breaks && !text.trim().is_empty()
    }

    /// The quotes that need the fewest escapes.
    fn quotes(&self) -> Style {
        let escapes = self.double_quotes + self.backslashes;
        if self.invisible || self.tab || self.lines || escapes == 0 {
            Style::Double
        } else if self.single_quotes <= escapes {
            Style::Single
        } else {
            Style::Double
        }
    }
}

/// Whether a character may stand in the text as it is. White space other than a plain space,
/// control and direction marks, private use and everything else that cannot be seen is escaped:
/// libyaml takes some of it for line breaks, and a reader of the file should see what is there.
fn visible(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{fdd0}'..='\u{fdef}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{ffff}'
        | '\u{e0000}'.. => false,
        _ => c > '\u{a0}' && !c.is_whitespace() && u32::from(c) & 0xfffe != 0xfffe,
    }
}

/// Whether a string begins in a way that no reader resolves to anything but a string.
fn begins_plainly(text: &str) -> bool {
    let mut chars = text.chars();
    let (first, second, third) = (chars.next(), chars.next(), chars.next());
    match (first, second, third) {
        (Some('a'..='z' | 'A'..='Z' | '_' | '/' | '$' | '('), ..) => true,
        // `-x`, `--long`; not `- x`, `---`, `-1`, `-.inf`.
        (Some('-'), Some('a'..='z' | 'A'..='Z'), _)
        | (Some('-'), Some('-'), Some('a'..='z' | 'A'..='Z')) => true,
        // `./x`, `../x`, `.env`; not `.5`, `.E-2`, `.inf`, `...`.
        (Some('.'), Some('/'), _) | (Some('.'), Some('.'), Some('/')) => true,
        (Some('.'), Some('e' | 'E'), Some('+' | '-')) => false,
        (Some('.'), Some('a'..='z' | 'A'..='Z' | '_'), _) => {
            !text.eq_ignore_ascii_case(".inf") && !text.eq_ignore_ascii_case(".nan")
        }
        // `5 minutes`, `1 week 2 days`; any other number-like beginning is quoted.
        (Some('0'..='9'), ..) => text.split_once(' ').is_some_and(|(number, rest)| {
            number.bytes().all(|b| b.is_ascii_digit())
                && rest.starts_with(|c: char| c.is_ascii_alphabetic())
                && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ')
        }),
        (Some(c), ..) => !c.is_ascii() && visible(c),
        (None, ..) => false,
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= 5 && WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a string may stand without quotes in block context, as a key or as a value.
fn plain_in_block(text: &str, traits: &Traits) -> bool {
    begins_plainly(text)
        && !(traits.invisible || traits.tab || traits.lines || traits.indicator || traits.ragged)
        && !is_word(text)
}

/// Whether a string may stand without quotes inside `[...]` and `{...}`: one word, or several.
pub(super) fn is_plain_in_flow(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./$".contains(&b);
    begins_plainly(text)
        && text
            .split(' ')
            .all(|word| !word.is_empty() && word.bytes().all(plain))
        && !is_word(text)
}

/// Refuses what no pipeline can hold: a NUL is neither in PostgreSQL's text, where GitLab keeps
/// the jobs, nor in an environment, nor in an argument.
fn check(text: &str) -> Result<(), Reason> {
    if text.contains('\0') {
        return Err(Reason::Nul);
    }
    Ok(())
}

/// Writes a string on one line in block context, where both keys and values may stand.
pub(super) fn write_line(out: &mut String, text: &str) -> Result<(), Reason> {
    check(text)?;
    let traits = Traits::of(text);
    if plain_in_block(text, &traits) {
        out.push_str(text);
    } else {
        write_quoted(out, text, traits.quotes());
    }
    Ok(())
}

/// Writes a key of a mapping, without the colon.
///
/// `<<` is refused: Psych merges a mapping under it even if it is quoted.
pub(super) fn write_key(out: &mut String, key: &str) -> Result<(), Reason> {
    if key == "<<" {
        return Err(Reason::MergeKey);
    }
    let start = out.len();
    write_line(out, key)?;
    match out.get(start..) {
        Some(written) if written.chars().count() > LONGEST_KEY => Err(Reason::LongKey),
        _ => Ok(()),
    }
}

/// Writes a string inside `[...]` or `{...}`: one word plain, all else in quotes.
pub(super) fn write_in_flow(out: &mut String, text: &str, quote: bool) -> Result<(), Reason> {
    check(text)?;
    if !quote && !text.contains(' ') && is_plain_in_flow(text) {
        out.push_str(text);
    } else {
        write_quoted(out, text, Traits::of(text).quotes());
    }
    Ok(())
}

/// Writes a string as a value of a block collection whose own indentation is `indent`, over
/// several lines if it has several. The caller ends the line.
pub(super) fn write_value(out: &mut String, text: &str, indent: usize) -> Result<(), Reason> {
    check(text)?;
    let traits = Traits::of(text);
    if plain_in_block(text, &traits) && fits(out, text) {
        out.push_str(text);
        return Ok(());
    }
    let lines = (!fits(out, text)).then(|| folded(text, indent, &traits));
    if let Some(lines) = lines.flatten() {
        out.push_str(">-");
        for line in lines {
            out.push('\n');
            super::indent(out, indent + 2);
            out.push_str(line);
        }
        return Ok(());
    }
    // One line with both kinds of quotes is easier to read without any around it.
    let both_quotes = traits.single_quotes > 0 && traits.double_quotes > 0;
    let style = if (traits.lines || both_quotes && !traits.tab) && traits.suits_literal(text) {
        Style::Literal
    } else {
        traits.quotes()
    };
    match style {
        Style::Literal => write_literal(out, text, indent + 2, traits.final_break),
        other => write_quoted(out, text, other),
    }
    Ok(())
}

/// Whether a text fits on the line that has begun.
fn fits(out: &str, text: &str) -> bool {
    let begun = out.len() - out.rfind('\n').map_or(0, |at| at + 1);
    begun + text.len() <= WIDEST
}

/// The lines of one long line, which a folded block joins again with a space each: broken at spaces,
/// after `&&`, `||` and `|` where there is one. `None` if it has no such space.
fn folded<'t>(text: &'t str, indent: usize, traits: &Traits) -> Option<Vec<&'t str>> {
    if traits.lines || traits.tab || text.starts_with(' ') || !traits.suits_literal(text) {
        return None;
    }
    let room = WIDEST.checked_sub(indent + 2).filter(|room| *room > 0)?;
    let single = |at: usize| {
        let around = (text.get(..at), text.get(at + 1..));
        matches!(around, (Some(before), Some(after))
            if !before.is_empty() && !before.ends_with(' ') && !after.is_empty() && !after.starts_with(' '))
    };
    let spaces = text.match_indices(' ').map(|(at, _)| at);
    let spaces: Vec<usize> = spaces.filter(|at| single(*at)).collect();
    let (mut lines, mut start) = (Vec::new(), 0);
    while text.len() - start > room {
        let next = |at: &&usize| **at > start;
        let fits = || {
            spaces
                .iter()
                .rev()
                .filter(next)
                .filter(|at| **at - start <= room)
        };
        let joins = |at: &&usize| {
            text.get(start..**at)
                .is_some_and(|line| line.ends_with(['&', '|']))
        };
        let at = fits()
            .find(joins)
            .or(fits().next())
            .or(spaces.iter().find(next));
        let Some(at) = at else { break };
        lines.push(text.get(start..*at)?);
        start = at + 1;
    }
    lines.push(text.get(start..)?);
    (lines.len() > 1).then_some(lines)
}

fn write_literal(out: &mut String, text: &str, indent: usize, final_break: bool) {
    out.push('|');
    // The reader takes the indentation from the first line that is not empty, unless told.
    if text.trim_start_matches('\n').starts_with([' ', '\t']) {
        out.push('2');
    }
    if !final_break {
        out.push('-');
    }
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            super::indent(out, indent);
            out.push_str(line);
        }
    }
}

fn write_quoted(out: &mut String, text: &str, style: Style) {
    if style == Style::Single {
        out.push('\'');
        for (at, part) in text.split('\'').enumerate() {
            if at > 0 {
                out.push_str("''");
            }
            out.push_str(part);
        }
        out.push('\'');
        return;
    }
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            c if visible(c) => out.push(c),
            c => {
                let code = u32::from(c);
                // Writing to a String cannot fail.
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02X}"),
                    0x100..=0xffff => write!(out, "\\u{code:04X}"),
                    _ => write!(out, "\\U{code:08X}"),
                };
            }
        }
    }
    out.push('"');
}

/// A text as the inside of one comment line: whatever cannot be seen becomes a space, so that no
/// reader can take a part of it for anything but a comment.
pub(super) fn comment_line(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if visible(c) { c } else { ' ' })
        .collect();
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests;
