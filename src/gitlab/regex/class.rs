//! What stands for characters in RE2: classes in brackets, `\d`, `\pL`, `\x41`.
//!
//! In: the reader behind the opening character. Out: the same in Rust's syntax, where everything
//! but letters and digits is written by its number, so that `[a&&b]` and `[[a]` stay what they
//! are in RE2.

use super::PatternError;
use super::re2::Reader;

/// Named classes, `[[:alpha:]]`.
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// General categories that RE2 knows; `Cn` and `LC` are not among them.
const CATEGORIES: &str = " Any C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe \
                          Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs ";

/// Scripts of living use. RE2 knows some 160; a name beyond these is refused here.
const SCRIPTS: &str = " Arabic Armenian Bengali Bopomofo Braille Canadian_Aboriginal Cherokee \
                       Common Coptic Cyrillic Devanagari Ethiopic Georgian Gothic Greek Gujarati \
                       Gurmukhi Han Hangul Hebrew Hiragana Inherited Javanese Kannada Katakana \
                       Khmer Lao Latin Malayalam Mongolian Myanmar Ogham Oriya Runic Sinhala \
                       Syriac Tamil Telugu Thaana Thai Tibetan Tifinagh Vai Yi ";

/// Reads a class; the opening bracket has been read.
pub(super) fn read(reader: &mut Reader<'_>, start: usize) -> Result<(), PatternError> {
    reader.emit("[");
    if reader.take("^") {
        reader.emit("^");
    }
    let mut first = true;
    loop {
        let at = reader.at();
        match reader.peek() {
            None => return Err(PatternError::new(start, "opens a class that is not closed")),
            Some(']') if !first => {
                reader.next();
                reader.emit("]");
                return Ok(());
            }
            Some('[') if posix(reader, at)? => {}
            Some('\\') if shorthand_in_class(reader, at)? => {}
            Some(_) => range(reader, at)?,
        }
        first = false;
    }
}

/// `[:alpha:]`, `[:^alpha:]`
fn posix(reader: &mut Reader<'_>, at: usize) -> Result<bool, PatternError> {
    if !reader.rest().starts_with("[:") || !reader.rest().contains(":]") {
        return Ok(false);
    }
    reader.take("[:");
    let name = reader.until(":]").unwrap_or_default();
    if !POSIX.contains(&name.strip_prefix('^').unwrap_or(&name)) {
        return Err(PatternError::new(
            at,
            format!("has the class `[:{name}:]`, which RE2 does not have"),
        ));
    }
    reader.emit(&format!("[:{name}:]"));
    Ok(true)
}

fn shorthand_in_class(reader: &mut Reader<'_>, at: usize) -> Result<bool, PatternError> {
    let next = reader.rest().chars().nth(1);
    if !next.is_some_and(|c| "dDsSwWpP".contains(c)) {
        return Ok(false);
    }
    reader.next();
    shorthand(reader, at)
}

/// A character, or a range of them.
fn range(reader: &mut Reader<'_>, at: usize) -> Result<(), PatternError> {
    let low = character(reader, at)?;
    reader.emit_char(low);
    let mut ahead = reader.rest().chars();
    if ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']') {
        reader.next();
        let high = character(reader, at)?;
        if high < low {
            return Err(PatternError::new(
                at,
                "has a range that ends before it begins",
            ));
        }
        reader.emit("-");
        reader.emit_char(high);
    }
    Ok(())
}

fn character(reader: &mut Reader<'_>, at: usize) -> Result<u32, PatternError> {
    match reader.next() {
        Some('\\') => escaped(reader, at),
        Some(c) => Ok(u32::from(c)),
        None => Err(PatternError::new(at, "has a range that does not end")),
    }
}

/// `\d`, `\D`, `\pL`, `\p{Greek}`, ...; the backslash has been read. ASCII only, as in RE2.
pub(super) fn shorthand(reader: &mut Reader<'_>, start: usize) -> Result<bool, PatternError> {
    let rust = match reader.peek() {
        Some('d') => "[0-9]",
        Some('D') => "[^0-9]",
        Some('w') => "[0-9A-Za-z_]",
        Some('W') => "[^0-9A-Za-z_]",
        Some('s') => "[\\t\\n\\f\\r\\x20]",
        Some('S') => "[^\\t\\n\\f\\r\\x20]",
        Some('p' | 'P') => {
            property(reader, start)?;
            return Ok(true);
        }
        _ => return Ok(false),
    };
    reader.next();
    reader.emit(rust);
    Ok(true)
}

fn property(reader: &mut Reader<'_>, start: usize) -> Result<(), PatternError> {
    let mut negated = reader.next() == Some('P');
    let name = match reader.take("{") {
        true => reader.until("}").unwrap_or_default(),
        false => reader.next().map(String::from).unwrap_or_default(),
    };
    let plain = name.strip_prefix('^').unwrap_or(&name);
    negated ^= plain.len() != name.len();
    let listed = |names: &str| names.contains(&format!(" {plain} "));
    if plain.is_empty() || plain.contains(' ') || !(listed(CATEGORIES) || listed(SCRIPTS)) {
        let message = format!("has the property `{name}`, which is none that RE2 surely knows");
        return Err(PatternError::new(start, message));
    }
    reader.emit(&format!("\\{}{{{plain}}}", if negated { 'P' } else { 'p' }));
    Ok(())
}

/// The character behind a backslash that has been read.
pub(super) fn escaped(reader: &mut Reader<'_>, start: usize) -> Result<u32, PatternError> {
    let unknown =
        |name: &str| PatternError::new(start, format!("has `\\{name}`, which RE2 does not know"));
    let Some(c) = reader.next() else {
        return Err(PatternError::new(start, "ends with a backslash"));
    };
    let code = match c {
        'a' => 0x07,
        'f' => 0x0c,
        'n' => 0x0a,
        'r' => 0x0d,
        't' => 0x09,
        'v' => 0x0b,
        'x' => return hexadecimal(reader).ok_or_else(|| unknown("x")),
        '0'..='7' => return octal(reader, c).ok_or_else(|| unknown(&c.to_string())),
        '8' | '9' => return Err(unknown(&c.to_string())),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => u32::from(c),
        c => return Err(unknown(&c.to_string())),
    };
    Ok(code)
}

/// `\x41` or `\x{10FFFF}`
fn hexadecimal(reader: &mut Reader<'_>) -> Option<u32> {
    let digits = match reader.take("{") {
        true => reader.until("}")?,
        false => {
            let pair: String = reader.rest().chars().take(2).collect();
            (pair.len() == 2).then(|| reader.take(&pair))?;
            pair
        }
    };
    let hexadecimal = digits.bytes().all(|b| b.is_ascii_hexdigit());
    let code = hexadecimal.then(|| u32::from_str_radix(&digits, 16).ok())??;
    char::from_u32(code).map(u32::from)
}

/// `\0`, `\12`, `\123`; a single digit but 0 would be a back-reference.
fn octal(reader: &mut Reader<'_>, first: char) -> Option<u32> {
    let mut code = first.to_digit(8)?;
    let mut length = 1;
    while length < 3 {
        let Some(digit) = reader.peek().and_then(|c| c.to_digit(8)) else {
            break;
        };
        reader.next();
        code = code * 8 + digit;
        length += 1;
    }
    (length > 1 || first == '0').then_some(code)
}
