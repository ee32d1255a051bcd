//! What a plain scalar is to Ruby's Psych, which reads YAML 1.1.
//!
//! In: the text of a scalar without quotes. Out: its value, or that Psych refuses it. Facts:
//! `Psych::ScalarScanner` of Psych 4 and 5, and `tests/verdicts/psych.txt`, measured on 4.0.3.

use super::value::Value;

/// What GitLab does not permit: a date or a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Disallowed(pub(super) &'static str);

/// The value of a plain scalar.
pub(super) fn resolve(text: &str) -> Result<Value, Disallowed> {
    if matches!(text, "" | "~") || text.eq_ignore_ascii_case("null") {
        return Ok(Value::Null);
    }
    if let Some(value) = boolean(text) {
        return Ok(Value::Bool(value));
    }
    if let Some(kind) = date(text) {
        return Err(Disallowed(kind));
    }
    if let Some(symbol) = symbol(text) {
        return Ok(Value::Symbol(symbol.into()));
    }
    if let Some(number) = special(text)
        .or_else(|| integer(text))
        .or_else(|| float(text))
    {
        return Ok(number);
    }
    if let Some(number) = sexagesimal(text) {
        return Ok(number);
    }
    Ok(Value::Str(text.into()))
}

/// The same for those who only want the value; `None` for what GitLab does not permit.
pub(crate) fn plain(text: &str) -> Option<Value> {
    resolve(text).ok()
}

/// `/^(yes|true|on)$/i` and `/^(no|false|off)$/i`.
fn boolean(text: &str) -> Option<bool> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["yes", "true", "on"]) {
        Some(true)
    } else if is(["no", "false", "off"]) {
        Some(false)
    } else {
        None
    }
}

/// `2026-11-21`, and with a time behind it. A date that does not exist is a string.
fn date(text: &str) -> Option<&'static str> {
    let (date, rest) = match text.find(|c: char| !(c.is_ascii_digit() || c == '-')) {
        Some(at) => text.split_at_checked(at)?,
        None => (text, ""),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return None;
    };
    let number = |part: &str, most: usize| {
        let fits = (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| part.parse::<u32>().ok()).flatten()
    };
    if year.len() != 4 || rest.is_empty() && month.len() != 2 && month.len() != 1 {
        return None;
    }
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    if rest.is_empty() {
        return (valid_date(year, month, day)).then_some("Date");
    }
    let time = rest.strip_prefix(['T', 't']).or_else(|| {
        let trimmed = rest.trim_start_matches([' ', '\t']);
        (trimmed.len() < rest.len()).then_some(trimmed)
    })?;
    let clock: Vec<&str> = time.splitn(3, ':').collect();
    let [hour, minute, second] = clock.as_slice() else {
        return None;
    };
    let second = second.get(..2)?;
    (number(hour, 2).is_some() && minute.len() == 2 && number(minute, 2).is_some())
        .then_some(())
        .and(number(second, 2))
        .map(|_| "Time")
}

fn valid_date(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    (1..=12).contains(&month) && (1..=days).contains(&day)
}

/// `/^:./`: a symbol; in quotes behind the colon as well.
fn symbol(text: &str) -> Option<&str> {
    let name = text.strip_prefix(':').filter(|name| !name.is_empty())?;
    for quote in ['"', '\''] {
        let inside = name.strip_prefix(quote).and_then(|n| n.strip_suffix(quote));
        if let Some(inside) = inside {
            return Some(inside);
        }
    }
    Some(name)
}

fn special(text: &str) -> Option<Value> {
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        ".inf" | "+.inf" => Some(Value::Float(f64::INFINITY)),
        "-.inf" => Some(Value::Float(f64::NEG_INFINITY)),
        ".nan" => Some(Value::Float(f64::NAN)),
        _ => None,
    }
}

/// Psych's integers: binary, octal with a leading zero, hexadecimal, decimal; `_` and `,` inside.
fn integer(text: &str) -> Option<Value> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = if let Some(digits) = digits.strip_prefix("0b") {
        (2, digits)
    } else if let Some(digits) = digits.strip_prefix("0x") {
        (16, digits)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (8, digits.strip_prefix('0').unwrap_or(digits))
    } else {
        // `[1-9]`: a decimal number opens with a digit.
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        (10, digits)
    };
    let digit = |c: char| c.is_digit(radix) || matches!(c, '_' | ',');
    // Of decimal numbers Psych wants a digit behind each separator.
    if radix == 10 && (digits.ends_with(['_', ',']) || digits.split(['_', ',']).any(str::is_empty))
    {
        return None;
    }
    if digits.is_empty() || !digits.chars().all(digit) {
        return None;
    }
    let plain: String = digits.chars().filter(|c| !matches!(c, '_' | ',')).collect();
    let number = match plain.as_str() {
        "" => 0,
        // Longer than anything that means something in a pipeline.
        plain => i128::from_str_radix(plain, radix).ok()?,
    };
    Some(Value::Int(if negative { -number } else { number }))
}

/// `/^(?:[-+]?([0-9][0-9_,]*)?\.[0-9]*([eE][+-][0-9]+)?(?# base 10))$/`
fn float(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = unsigned.split_once('.')?;
    let grouped = |c: char| c.is_ascii_digit() || matches!(c, '_' | ',');
    if !whole.chars().all(grouped) || whole.starts_with(['_', ',']) {
        return None;
    }
    let (fraction, exponent) = match rest.split_once(['e', 'E']) {
        Some((fraction, exponent)) => (fraction, Some(exponent)),
        None => (rest, None),
    };
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || whole.is_empty() && fraction.is_empty() {
        return None;
    }
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['-', '+'])?;
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    let plain: String = text.chars().filter(|c| !matches!(c, '_' | ',')).collect();
    let plain = plain.trim_end_matches('.');
    plain.parse().ok().map(Value::Float)
}

/// `190:20:30`, base 60: the parts count 3600, 60 and 1 from the left, so that `12:30` is 45000.
fn sexagesimal(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (unsigned, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction.replace('_', ""))),
        None => (unsigned, None),
    };
    let parts: Vec<&str> = unsigned.split(':').collect();
    let (first, rest) = parts.split_first()?;
    let sixty = |part: &&str| {
        let digits = part.bytes().all(|b| b.is_ascii_digit());
        let tens = part.len() == 1 || part.starts_with(|c: char| ('0'..='5').contains(&c));
        digits && tens && (1..=2).contains(&part.len())
    };
    let grouped = |c: char| c.is_ascii_digit() || c == '_';
    let opens = first.starts_with(|c: char| c.is_ascii_digit()) && first.chars().all(grouped);
    if !opens || rest.is_empty() || rest.len() > 2 || !rest.iter().all(sixty) {
        return None;
    }
    let plain: String = first.chars().filter(char::is_ascii_digit).collect();
    let first: i128 = plain.parse().ok()?;
    let mut seconds = first.checked_mul(3_600)?;
    if text.starts_with('-') {
        // The sign belongs to the first part alone.
        seconds = -seconds;
    }
    for (part, weight) in rest.iter().zip([60, 1]) {
        seconds = seconds.checked_add(part.parse::<i128>().ok()?.checked_mul(weight)?)?;
    }
    let Some(fraction) = fraction else {
        return Some(Value::Int(seconds));
    };
    let fraction: f64 = format!("0.{fraction}0").parse().ok()?;
    let weight = if rest.len() == 1 { 60.0 } else { 1.0 };
    #[allow(
        clippy::cast_precision_loss,
        reason = "Psych counts in floats here as well"
    )]
    let whole = seconds as f64;
    Some(Value::Float(whole + fraction * weight))
}
