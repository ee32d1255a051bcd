//! What `windlass explain CODE` prints.
//!
//! In: a word from the command line. Out: the page of that code, or why there is none.

use super::{Code, did_you_mean};
use crate::shown::Shown;

/// The page of a code, Markdown; for a word that is not a code, the nearest code and all there are.
pub fn explain(code: &str) -> Result<&'static str, Shown> {
    if let Ok(code) = code.parse::<Code>() {
        return Ok(code.page());
    }
    let names = || Code::ALL.iter().map(|code| code.as_str());
    let meant = did_you_mean(code, names());
    let meant = meant.map(|name| format!("; did you mean `{name}`?"));
    let mut message = Shown::default();
    message.line(&format!(
        "error: unknown finding `{code}`{}",
        meant.unwrap_or_default()
    ));
    message.line("The findings are:");
    for name in names() {
        message.line(&format!("  {name}"));
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
        let first = message.as_str().lines().next();
        assert_eq!(
            first,
            Some("error: unknown finding `unkown-kye`; did you mean `unknown-key`?")
        );
        assert_eq!(message.as_str().lines().count(), 2 + Code::ALL.len());
        let hostile = explain("\u{1b}[2J").expect_err("no such code");
        assert!(
            hostile
                .as_str()
                .starts_with("error: unknown finding `␛[2J`\n"),
            "{hostile:?}"
        );
    }
}
