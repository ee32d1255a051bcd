//! What ref sets are called: as a hidden job that has the same rules, or as what they hold.

use super::texts;
use crate::config::Job;
use crate::import::entity::View;
use crate::pipeline::Mapping;

/// The name of the hidden job that has the rules of a job, as a name of a set.
pub(super) fn hidden_name(view: &View<'_>, job: &Job) -> Option<String> {
    let own = job.keys.get("rules")?;
    let mut hidden = view.hidden("rules").filter(|(_, rules)| rules.same(own));
    let (name, _) = hidden.next()?;
    let name = slug(name);
    let mut words: Vec<&str> = name.split('-').collect();
    let says_nothing = |word: &str| ["refs", "rules", "rule", "only", "on", "if"].contains(&word);
    while words.len() > 1 && words.first().copied().is_some_and(says_nothing) {
        words.remove(0);
    }
    while words.len() > 1 && words.last().copied().is_some_and(says_nothing) {
        words.pop();
    }
    Some(words.join("-"))
}

/// Letters, digits and single dashes.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            'a'..='z' | '0'..='9' | '_' => out.push(c),
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            _ if out.is_empty() || out.ends_with('-') => {}
            _ => out.push('-'),
        }
    }
    out.trim_end_matches('-').chars().take(40).collect()
}

/// What a set holds, as a name.
pub(super) fn described(set: &Mapping) -> String {
    if texts(set.get("of")) == ["branches"]
        && texts(set.get("except")) == ["default_branch"]
        && set.len() == 2
    {
        return "topics".to_owned();
    }
    let mut parts: Vec<String> = Vec::new();
    let pattern = |text: &str| match text.strip_prefix('/') {
        // The letters of a pattern that say something.
        Some(pattern) => {
            let plain = pattern
                .replace("\\d", "")
                .replace("\\w", "")
                .replace("\\.", "");
            slug(&plain)
        }
        None => slug(text),
    };
    for key in ["branches", "tags", "of"] {
        let names = texts(set.get(key));
        let kind = if key == "tags" { "tag-" } else { "" };
        parts.extend(
            names
                .into_iter()
                .map(|text| format!("{kind}{}", pattern(text))),
        );
    }
    let mut unique: Vec<String> = Vec::new();
    for part in parts {
        let plain = part.strip_prefix("tag-").map(str::to_owned);
        if !unique.contains(&part) && !plain.is_some_and(|plain| unique.contains(&plain)) {
            unique.push(part);
        }
    }
    if set.get("merge_requests").is_some() {
        unique.push("requests".to_owned());
    }
    for (key, word) in [("sources", "from"), ("protected", "protected")] {
        if set.get(key).is_some() {
            let sources = texts(set.get(key));
            unique.push(slug(&format!("{word}-{}", sources.join("-"))));
        }
    }
    let except = texts(set.get("except"));
    if !except.is_empty() {
        unique.push(slug(&format!("without-{}", except.join("-"))));
    }
    if set.get("if").is_some() {
        unique.push("if".to_owned());
    }
    let unique: Vec<&str> = unique.iter().map(|part| part.trim_matches('-')).collect();
    unique
        .join("-")
        .chars()
        .take(40)
        .collect::<String>()
        .trim_matches('-')
        .to_owned()
}
