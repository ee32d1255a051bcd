//! What `windlass explain CODE` prints.
//!
//! In: a word from the command line. Out: the page of that code, or why there is none.

use super::{Code, did_you_mean};

/// The page of a code, Markdown; for a word that is no code, the nearest code and all there are.
pub fn explain(code: &str) -> Result<&'static str, String> {
    if let Ok(code) = code.parse::<Code>() {
        return Ok(code.page());
    }
    let names = || Code::ALL.iter().map(|code| code.as_str());
    let mut message = format!("there is no finding `{}`", code.escape_debug());
    if let Some(name) = did_you_mean(code, names()) {
        message.push_str(&format!("; did you mean `{name}`?"));
    }
    message.push_str("\nThe findings are:");
    for name in names() {
        message.push_str("\n  ");
        message.push_str(name);
    }
    Err(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page() {
        for code in Code::ALL {
            assert_eq!(explain(code.as_str()), Ok(code.page()));
        }
    }

    #[test]
    fn an_unknown_code_gets_a_suggestion_and_the_list() {
        let message = explain("unkown-kye").expect_err("no such code");
        let first = message.lines().next();
        assert_eq!(
            first,
            Some("there is no finding `unkown-kye`; did you mean `unknown-key`?")
        );
        assert_eq!(message.lines().count(), 2 + Code::ALL.len());
        let hostile = explain("\u{1b}[2J").expect_err("no such code");
        assert!(
            hostile.starts_with("there is no finding `\\u{1b}[2J`\n"),
            "{hostile}"
        );
    }
}
