//! What a reader of Markdown makes of a comment.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Checks that what comes from files stands in code, and that nothing but windlass's own headings,
/// lists and details are markup.
pub(crate) fn is_clean(text: &str) {
    let mut in_block = false;
    for event in Parser::new_ext(text, Options::all()) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_block = true,
            Event::End(TagEnd::CodeBlock) => in_block = false,
            Event::Text(words) if !in_block => {
                assert!(
                    !words.contains("forged"),
                    "{words:?} outside of code in\n{text}"
                );
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                let own = [
                    "<details><summary>The pipeline on all refs</summary>",
                    "</details>",
                ];
                assert!(own.contains(&html.trim()), "{html:?} in\n{text}");
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Table(_)) => {
                panic!("{event:?} in\n{text}");
            }
            _ => {}
        }
    }
}
