//! The report as a page for a browser: one file, which asks for nothing else.
//!
//! In: the rows. Out: HTML with its own style. Always holds: the page loads and runs nothing, as its
//! `Content-Security-Policy` says; what a project says stands in it as text, in which no character ends anything.

use super::{COLUMNS, Row, State, details};
use windlass::shown::visible;

const STYLE: &str = include_str!("page.css");

/// Nothing is loaded, nothing runs, and only this style counts: its hash (CSP Level 3).
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; \
                      style-src 'sha256-j+p6KzIuL/xVgOwDe9dZlIisWbzWgPg2iCcL8vc6eng='";

/// The page.
pub(super) fn page(rows: &[Row]) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>windlass report</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>windlass report</h1>\n<p>windlass {}</p>\n",
        env!("CARGO_PKG_VERSION")
    );
    tiles(rows, &mut out);
    table(rows, &mut out);
    let details = details(rows);
    if !details.is_empty() {
        out.push_str("<h2>What failed, and what generating would change</h2>\n");
    }
    for (about, lines) in details {
        let items = lines.iter().map(|line| format!("<li>{}</li>", text(line)));
        let items: String = items.collect();
        let about = text(&about);
        out.push_str(&format!(
            "<section><h3>{about}</h3><ul>{items}</ul></section>\n"
        ));
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn tiles(rows: &[Row], out: &mut String) {
    let count = |passes: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| passes(row)).count();
    let tiles = [
        ("", "projects", rows.len()),
        (
            "good",
            "up to date",
            count(&|row| row.state == State::UpToDate),
        ),
        (
            "unsure",
            "not up to date",
            count(&|row| tone(row.state) == "unsure"),
        ),
        (
            "bad",
            "failed or invalid",
            count(&|row| tone(row.state) == "bad"),
        ),
        ("bad", "with errors", count(&|row| row.errors > 0)),
    ];
    out.push_str("<ul class=\"tiles\">");
    for (tone, what, count) in tiles {
        let tone = if count == 0 { "" } else { tone };
        out.push_str(&format!("<li><b class=\"{tone}\">{count}</b>{what}</li>"));
    }
    out.push_str("</ul>\n");
}

/// The columns that hold numbers.
const NUMBERS: [&str; 2] = ["errors", "warnings"];

fn table(rows: &[Row], out: &mut String) {
    out.push_str("<div class=\"wide\"><table>\n<thead><tr>");
    let class = |column: &str| match NUMBERS.contains(&column) {
        true => "number",
        false => "",
    };
    for column in COLUMNS {
        let class = class(column);
        out.push_str(&format!("<th class=\"{class}\">{}</th>", text(column)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (column, cell) in COLUMNS.iter().zip(row.cells()) {
            let class = match *column {
                "files" => format!("state {}", tone(row.state)),
                "errors" if row.errors > 0 => "number bad".to_owned(),
                "warnings" if row.warnings > 0 => "number unsure".to_owned(),
                column => class(column).to_owned(),
            };
            out.push_str(&format!("<td class=\"{class}\">{}</td>", text(&cell)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
}

fn tone(state: State) -> &'static str {
    match state {
        State::UpToDate => "good",
        State::Older | State::Newer | State::OutOfDate | State::NoManifest => "unsure",
        State::Edited | State::Invalid | State::Failed => "bad",
    }
}

/// A text that is nothing but text in HTML, in an element as well as in an attribute.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(visible(c)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn row(name: &str) -> Row {
        Row {
            project: name.to_owned(),
            version: Some(name.to_owned()),
            presets: vec![(name.to_owned(), name.to_owned())],
            effects: vec![name.to_owned()],
            failure: Some(name.to_owned()),
            ..Row::new(name)
        }
    }

    /// RFC 4648.
    fn base64(bytes: &[u8]) -> String {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::new();
        for chunk in bytes.chunks(3) {
            let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
            let bits = at(0) << 16 | at(1) << 8 | at(2);
            for digit in 0..4 {
                match digit <= chunk.len() {
                    true => out.push(char::from(DIGITS[(bits >> (18 - 6 * digit)) as usize & 63])),
                    false => out.push('='),
                }
            }
        }
        out
    }

    #[test]
    fn the_page_lets_nothing_in() {
        let hash = base64(&Sha256::digest(STYLE.as_bytes()));
        let wanted = format!("style-src 'sha256-{hash}'");
        assert!(POLICY.ends_with(&wanted), "POLICY lacks {wanted}");
        assert!(POLICY.starts_with("default-src 'none'; "));
        let drawn = page(&[row("x")]);
        for word in ["<script", "src=", "href", "url(", "@import", "<link", "://"] {
            assert!(!drawn.contains(word), "{word}");
        }
    }

    /// What a browser makes of the text of an element.
    fn read(html: &str) -> String {
        let pairs = [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#39;", "'"),
            ("&amp;", "&"),
        ];
        pairs
            .iter()
            .fold(html.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    proptest! {
        /// Whatever a name holds, the page has the elements of one with a plain name, and shows the name.
        #[test]
        fn no_name_becomes_markup(name in "(<|>|&|\"|'|/|=|-|!|script|onload|&lt;|\\PC|[\\x00-\\x1f]){1,12}") {
            let plain = page(&[row("x")]);
            let drawn = page(&[row(&name)]);
            for c in ['<', '>', '"', '\''] {
                prop_assert_eq!(drawn.matches(c).count(), plain.matches(c).count());
            }
            prop_assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'));
            let shown: String = name.chars().map(visible).collect();
            let cell = drawn.split("<td class=\"\">").nth(1).and_then(|rest| rest.split("</td>").next());
            prop_assert_eq!(cell.map(read), Some(shown));
        }
    }
}
