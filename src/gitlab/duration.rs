//! Durations: GitLab's (`1 hour 30 minutes`) and Go's (`1h30m`), which kubectl takes.
//!
//! In: the text of `timeout`, `expire_in`, `auto_stop_in`, `start_in` or `rollout.timeout`. Out:
//! its length. Always holds: what is accepted means in GitLab what is returned here.
//!
//! GitLab parses with the gem `gitlab-chronic-duration` (0.12 in 18.11; the units and words are
//! those of 0.10.6, which gave the verdicts in the tests). It takes more than is taken here:
//! number words (`two hours`), clock times (`1:30`, ninety seconds) and numbers without a unit
//! behind others (`1 hour 30`, thirty seconds). These are refused because they hardly ever mean
//! what they say.

use std::time::Duration;

use super::Refusal;

/// A job's timeout has to be shorter than `Project::MAX_BUILD_TIMEOUT`, ActiveSupport's
/// `1.month` (GitLab 18.11).
const TIMEOUT_LIMIT: Duration = Duration::from_secs(2_629_746);

/// `start_in` has to be shorter than a week (GitLab 18.11, `Entry::Job`).
const START_IN_LIMIT: Duration = Duration::from_secs(604_800);

/// Longer than anything that a pipeline waits for or keeps; keeps the arithmetic small.
const LONGEST: u64 = 1_000 * 31_557_600;

/// How a duration is written.
const LIKE: &str = "write it like `1 hour 30 minutes`";

/// The units of ChronicDuration with all their spellings. A year is 365.25 days, a month 30.
const UNITS: [(u64, &[&str]); 7] = [
    (1, &["s", "sec", "secs", "second", "seconds"]),
    (60, &["m", "min", "mins", "minute", "minutes"]),
    (3_600, &["h", "hr", "hrs", "hour", "hours"]),
    (86_400, &["d", "dy", "day", "days"]),
    (604_800, &["w", "wk", "wks", "week", "weeks"]),
    (2_592_000, &["mo", "mos", "month", "months"]),
    (31_557_600, &["y", "yr", "yrs", "year", "years"]),
];

/// Parses a duration as GitLab does: `30 minutes`, `3h 30m`, `1 day and 2 hours`, `week`, `42`
/// (seconds). The error says what is wrong, as a sentence fragment.
pub fn parse(text: &str) -> Result<Duration, Refusal> {
    let lower = text.to_ascii_lowercase();
    if lower.trim().is_empty() {
        return Err(Refusal::instead("is empty", LIKE));
    }
    if lower.contains(':') {
        let why = "is a clock time, which GitLab reads from the seconds up";
        return Err(Refusal {
            misleads: lower.contains(|c: char| c.is_ascii_digit()),
            ..Refusal::instead(why, LIKE)
        });
    }
    if lower.trim() == "never" {
        let only = "only what expires can be kept for ever";
        return Err(Refusal::instead("is not a length of time here", only));
    }
    let seconds = total(&words(&lower))?;
    if seconds == 0 {
        return Err("is no time at all, which GitLab refuses".into());
    }
    Ok(Duration::from_secs(seconds))
}

/// Parses what may also be `never`, in any case: `expire_in`, `auto_stop_in`.
pub fn parse_or_never(text: &str) -> Result<Option<Duration>, Refusal> {
    match text.eq_ignore_ascii_case("never") {
        true => Ok(None),
        false => parse(text).map(Some),
    }
}

/// Parses a job's `timeout`, which is less than a month.
pub fn parse_timeout(text: &str) -> Result<Duration, Refusal> {
    below(parse(text)?, TIMEOUT_LIMIT, "a month")
}

/// Parses a job's `start_in`, which is less than a week.
pub fn parse_start_in(text: &str) -> Result<Duration, Refusal> {
    below(parse(text)?, START_IN_LIMIT, "a week")
}

fn below(duration: Duration, limit: Duration, name: &str) -> Result<Duration, Refusal> {
    match duration < limit {
        true => Ok(duration),
        false => Err(Refusal::instead(
            "is too long",
            format!("it has to be less than {name}"),
        )),
    }
}

/// Splits at blanks, and between digits and letters.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in text.split_ascii_whitespace() {
        let mut word = String::new();
        let mut number = None;
        for c in part.chars() {
            let digit = c.is_ascii_digit() || c == '.';
            if number.is_some_and(|before| before != digit) {
                words.push(std::mem::take(&mut word));
            }
            number = Some(digit);
            word.push(c);
        }
        words.push(word);
    }
    words
}

fn total(words: &[String]) -> Result<u64, Refusal> {
    let mut sum = 0_u64;
    let mut number: Option<&str> = None;
    let mut alone = true;
    for (at, word) in words.iter().enumerate() {
        let name = match word.strip_suffix(',') {
            Some(name) if !name.is_empty() => name,
            _ => word,
        };
        if is_number(word) {
            if let Some(before) = number.replace(word) {
                return Err(without_unit(before));
            }
        } else if let Some(unit) = unit(name) {
            // GitLab counts one where a unit opens the text, and nothing where it stands later.
            let count = match number.take() {
                Some(count) => count,
                None if at == 0 => "1",
                None => return Err(format!("has no number before `{name}`").into()),
            };
            sum = sum.saturating_add(times(count, unit)?);
            alone = false;
        } else if !matches!(name, "and" | "with" | "plus") || number.is_some() || alone {
            let why = format!("has `{name}`, which is neither a number nor a unit of time");
            return Err(why.into());
        }
    }
    match number {
        Some(seconds) if alone => sum = times(seconds, 1)?,
        Some(last) => return Err(without_unit(last)),
        None => {}
    }
    match sum <= LONGEST {
        true => Ok(sum),
        false => Err("is longer than a thousand years".into()),
    }
}

fn without_unit(number: &str) -> Refusal {
    Refusal {
        misleads: true,
        ..Refusal::instead(
            format!("has `{number}` without a unit"),
            format!("write it like `{number} minutes`"),
        )
    }
}

fn unit(name: &str) -> Option<u64> {
    UNITS
        .iter()
        .find(|(_, names)| names.contains(&name))
        .map(|(seconds, _)| *seconds)
}

/// `5`, `1.5`, `.5`; not `5.`, which GitLab reads as `5` and a stray dot.
fn is_number(word: &str) -> bool {
    let (whole, fraction) = word.split_once('.').unwrap_or((word, "0"));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(fraction) && !fraction.is_empty() && !word.is_empty()
}

/// A count of units in seconds.
fn times(count: &str, unit: u64) -> Result<u64, Refusal> {
    let (whole, fraction) = count.split_once('.').unwrap_or((count, ""));
    let too_long = || Refusal::from(format!("has `{count}`, which is too long a number"));
    if fraction.len() > 9 {
        return Err(too_long());
    }
    let scale = 10_u128.pow(fraction.len() as u32);
    let digits: u128 = match format!("{whole}{fraction}").trim_start_matches('0') {
        "" => 0,
        digits => digits.parse().map_err(|_| too_long())?,
    };
    let scaled = digits.checked_mul(u128::from(unit)).ok_or_else(too_long)?;
    match scaled % scale {
        0 => u64::try_from(scaled / scale).map_err(|_| too_long()),
        _ => Err("is not a whole number of seconds".into()),
    }
}

/// Parses a duration as Go's `time.ParseDuration` does, and so kubectl's `--timeout`: `5m`,
/// `1h30m`, `90s`, `1.5h`. Zero is legal; to `kubectl rollout status` it means "for ever".
pub fn parse_go(text: &str) -> Result<Duration, Refusal> {
    let shape = || {
        Refusal::instead(
            "is not a duration of kubectl",
            "write it like `5m` or `1h30m`",
        )
    };
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut nanoseconds = 0_u128;
    while !rest.is_empty() {
        let split = |text: &str, number: bool| {
            text.find(|c: char| (c.is_ascii_digit() || c == '.') != number)
                .unwrap_or(text.len())
        };
        let (number, tail) = rest.split_at(split(rest, true));
        let (unit, tail) = tail.split_at(split(tail, false));
        rest = tail;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return Err(shape());
        }
        let factor: u128 = match unit {
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "µs" | "μs" => 1_000,
            "ns" => 1,
            "" => {
                let instead = format!("write it like `{number}s`");
                return Err(Refusal::instead("has no unit", instead));
            }
            _ => {
                let why = format!("has `{unit}`, and kubectl knows `h`, `m`, `s` and `ms`");
                return Err(why.into());
            }
        };
        if whole.len() + fraction.len() > 18 {
            return Err("has too long a number".into());
        }
        let digits: u128 = format!("{whole}{fraction}").parse().map_err(|_| shape())?;
        nanoseconds += digits * factor / 10_u128.pow(fraction.len() as u32);
    }
    match u64::try_from(nanoseconds) {
        Ok(n) if n <= i64::MAX as u64 && !text.is_empty() => Ok(Duration::from_nanos(n)),
        Ok(_) if text.is_empty() => Err(shape()),
        _ => Err("is longer than Go can count, 292 years".into()),
    }
}

#[cfg(test)]
#[path = "duration_tests.rs"]
mod tests;
