//! What ShellCheck prints: `--format=json1` of 0.7 and later.
//!
//! In: its output. Out: its comments. Always holds: what is not of that form is an error, not a guess.

use serde::Deserialize;

/// Something that ShellCheck says of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Which script it is about, from 0.
    pub script: usize,
    /// Its number: 2086 of `SC2086`.
    pub code: u32,
    /// How bad ShellCheck thinks it is.
    pub level: Level,
    /// What is wrong.
    pub message: String,
    /// The line at which it begins, from 1.
    pub line: usize,
    /// The column at which it begins, in characters, from 1.
    pub column: usize,
    /// The line at which it ends.
    pub end_line: usize,
    /// The first column that does not belong to it.
    pub end_column: usize,
}

/// ShellCheck's severities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// What does not work.
    Error,
    /// What does not do what it seems to.
    Warning,
    /// What may surprise in some inputs.
    Info,
    /// What could be written better.
    Style,
}

#[derive(Deserialize)]
struct Output {
    comments: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    file: String,
    line: usize,
    end_line: usize,
    column: usize,
    end_column: usize,
    level: Level,
    code: u32,
    message: String,
}

/// Reads the output; `script` tells which script a file name is.
///
/// # Errors
///
/// Why it cannot be read.
pub fn read(output: &[u8], script: impl Fn(&str) -> Option<usize>) -> Result<Vec<Comment>, String> {
    let output: Output = serde_json::from_slice(output).map_err(|error| error.to_string())?;
    let comments = output.comments.into_iter().map(|one| {
        let unknown = || format!("it names a file that it was not given: {:?}", one.file);
        Ok(Comment {
            script: script(&one.file).ok_or_else(unknown)?,
            code: one.code,
            level: one.level,
            message: one.message,
            line: one.line,
            column: one.column,
            end_line: one.end_line,
            end_column: one.end_column,
        })
    });
    let mut comments = comments.collect::<Result<Vec<_>, String>>()?;
    // ShellCheck names the last file first.
    comments.sort_by_key(|one| (one.script, one.line, one.column, one.code));
    Ok(comments)
}

#[cfg(test)]
mod tests {
    use super::{Level, read};

    #[test]
    fn what_is_printed_is_read_or_refused() {
        let good = r#"{"comments":[{"file":"0.sh","line":2,"endLine":3,"column":4,"endColumn":5,
            "level":"warning","code":2155,"message":"m","fix":null}]}"#;
        let script = |name: &str| name.strip_suffix(".sh")?.parse().ok();
        let read_as = |text: &str| read(text.as_bytes(), script);
        let found = read_as(good).expect("it is ShellCheck's form");
        let seen: Vec<_> = found
            .iter()
            .map(|one| (one.script, one.code, one.end_line))
            .collect();
        assert_eq!(seen, [(0, 2155, 3)]);
        assert!(found.iter().all(|one| one.level == Level::Warning));
        for bad in [
            "",
            "[]",
            "{\"comments\": 1}",
            &good.replace("0.sh", "other"),
            &good.replace("2155", "-1"),
            &good.replace("warning", "fatal"),
            &good.replace("\"line\":2", "\"line\":1e99"),
        ] {
            assert!(read_as(bad).is_err(), "{bad}");
        }
    }
}
