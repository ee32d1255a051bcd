//! Makes text that comes from a file safe to show.
//!
//! In: any string. Out: one without control characters, bidirectional overrides or invisible
//! characters: a manifest must not move the cursor of whoever reads about its mistakes, nor show
//! them another text than the one it holds.

/// What is shown instead of a character, if it must not be shown itself.
fn stand_in(c: char) -> Option<char> {
    let shown = match c {
        // Unicode has a picture of each C0 control: `␛` for escape.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '␡',
        '\u{80}'..='\u{9f}' => '\u{fffd}',
        // Zero-width and directional characters, line separators, tags. The joiner U+200D stays:
        // families of emoji are made of it.
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        _ => return None,
    };
    Some(shown)
}

/// A character of a source line; a tab stays, as the caret below must be moved by its width.
pub(super) fn in_source(c: char) -> char {
    match c {
        '\t' => '\t',
        c => stand_in(c).unwrap_or(c),
    }
}

/// A text on one line, at most `limit` characters long.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let mut clean: String = text
        .chars()
        .take(limit)
        .map(|c| stand_in(c).unwrap_or(c))
        .collect();
    if text.chars().nth(limit).is_some() {
        clean.push_str("...");
    }
    clean
}

/// A JSON text with the same content, in which no character can disturb a terminal. `serde_json`
/// escapes only the C0 controls; the others can stand in strings alone, where an escape is the
/// same character.
pub(super) fn json(text: String) -> String {
    if !text.chars().any(|c| c != '\n' && stand_in(c).is_some()) {
        return text;
    }
    let mut clean = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if c == '\n' || stand_in(c).is_none() {
            clean.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                clean.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_shown_not_sent() {
        assert_eq!(
            one_line("\u{1b}[31m\u{9b}2J\u{202e}\n\t\r", 99),
            "␛[31m\u{fffd}2J\u{fffd}␊␉␍"
        );
        assert_eq!(one_line("äöü", 2), "äö...");
        assert_eq!(one_line("äöü", 3), "äöü");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = serde_json::json!({"a": "\u{1b}\u{9b}\u{e0041}é\n"});
        let text = json(serde_json::to_string_pretty(&value).expect("no map with other keys"));
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(text.contains(r"\u009b\udb40\udc41é\n"), "{text}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).expect("still JSON"),
            value
        );
    }
}
