//! A page that shows the pipelines of all kinds of refs: one file, which asks for nothing else.
//!
//! In: a [`View`] for each ref. Out: HTML with its own style and script. Always holds: the page loads nothing,
//! as its `Content-Security-Policy` says; the script and the style are the same in every page, by their
//! hashes; what a pipeline says stands in the page's data alone, in which no character can end it, and
//! the script only ever sets it as text.

mod view;

use serde_json::{Value, json};

pub use view::View;

use super::svg::BOX;
use crate::shown;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Nothing is loaded, and only this script and this style count: their hashes (CSP Level 3).
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; \
                      style-src 'sha256-ZqDog5k169uJu9s/23PHpNA0cVgyV/X22dU5IdMRE0c='; script-src 'sha256-yo+Ez72sVuHUGGaJfzT3cMq3zbrlj/mnI4/8/czuz4s='";

/// The pipelines of a page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The file that they are of.
    pub file: String,
    /// One for each ref; the first is shown first.
    pub views: Vec<View>,
    /// Which kinds of pipelines are missing.
    pub missing: Vec<String>,
}

impl Page {
    /// The page.
    pub fn draw(&self) -> String {
        let title: String = format!("{}: pipeline", self.file)
            .chars()
            .map(shown::visible)
            .collect();
        let title = title.replace('&', "&amp;").replace('<', "&lt;");
        let data = self.data();
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <noscript>This page needs JavaScript; `windlass graph --format svg` does not.</noscript>\n\
             <script type=\"application/json\" id=\"data\">{data}</script>\n\
             <script>{SCRIPT}</script>\n</body>\n</html>\n"
        )
    }

    /// What the script draws. Texts that are said often stand in it once.
    fn data(&self) -> String {
        let mut texts = Texts::default();
        let mut known: Vec<Value> = Vec::new();
        let mut views: Vec<Value> = Vec::new();
        for view in &self.views {
            let drawn = view.data(&mut texts);
            let same = known.iter().position(|one| *one == drawn);
            let index = same.unwrap_or(known.len());
            if same.is_none() {
                known.push(drawn);
            }
            views.push(json!({ "name": view.name(), "drawn": index }));
        }
        let data = json!({
            "file": self.file,
            "missing": self.missing,
            "box": BOX,
            "refs": views,
            "drawn": known,
            "texts": texts.all.iter().collect::<Vec<_>>(),
        });
        inside(&data)
    }
}

/// JSON that can stand in a `script` of HTML: no character of markup, none that disturbs a terminal.
fn inside(data: &Value) -> String {
    let mut out = String::new();
    for c in data.to_string().chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            c => out.push(shown::visible(c)),
        }
    }
    out
}

/// Texts, each once.
#[derive(Default)]
struct Texts {
    all: indexmap::IndexSet<String>,
}

impl Texts {
    /// The number of a text.
    fn number(&mut self, text: String) -> usize {
        self.all.insert_full(text).0
    }
}

#[cfg(test)]
mod tests;
