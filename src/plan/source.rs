//! What starts pipelines: the values of `CI_PIPELINE_SOURCE`.
//!
//! In: a word of a condition or of `only`. Out: the source that it means. Always holds: GitLab has the
//! sources of [`SOURCES`] and no other, so a comparison with another word never holds.
//!
//! Facts: `Enums::Ci::Pipeline.sources` (18.11); `Gitlab::Ci::Build::Policy::Refs` for the words of `only`.

/// Every source, the common ones first.
pub const SOURCES: [&str; 18] = [
    "push",
    "merge_request_event",
    "web",
    "schedule",
    "api",
    "trigger",
    "pipeline",
    "parent_pipeline",
    "webide",
    "chat",
    "external",
    "external_pull_request_event",
    "container_registry_push",
    "ondemand_dast_scan",
    "ondemand_dast_validation",
    "security_orchestration_policy",
    "pipeline_execution_policy_schedule",
    "duo_workflow",
];

/// The source that a word of `only` or `except` means, in the singular or the plural.
pub fn of_word(word: &str) -> Option<&'static str> {
    SOURCES.into_iter().find(|source| is_word_of(word, source))
}

/// Whether a word of `only` means a source: GitLab drops `_event` and also takes Rails' plural.
pub(super) fn is_word_of(word: &str, source: &str) -> bool {
    let source = source.strip_suffix("_event").unwrap_or(source);
    source == word || plural(source) == word
}

/// Rails' `pluralize`, for the words that GitLab has.
fn plural(word: &str) -> String {
    if let Some(stem) = word.strip_suffix('y') {
        return format!("{stem}ies");
    }
    match word.ends_with("sh") {
        true => format!("{word}es"),
        false => format!("{word}s"),
    }
}

/// The source that was probably meant by a word that is none.
pub fn meant(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase().replace(['-', ' '], "_");
    let known = |word: &str| SOURCES.into_iter().find(|source| *source == word);
    if let Some(found) = known(&lower).or_else(|| of_word(&lower)) {
        return Some(found);
    }
    let other = match lower.as_str() {
        "scheduled" | "cron" | "nightly" => "schedule",
        "mr" | "pull_request" | "merge_requests_event" | "merge_request_events" => {
            "merge_request_event"
        }
        "ui" => "web",
        "pushed" | "commit" => "push",
        // What a pipeline is for is not what starts it: each of these can mean several things.
        "branch" | "tag" | "manual" | "run" => return None,
        "child" | "child_pipeline" | "parent" => "parent_pipeline",
        "multi_project" | "bridge" | "upstream" | "cross_project" => "pipeline",
        "triggered" | "trigger_token" => "trigger",
        "web_ide" | "ide" => "webide",
        _ => return crate::finding::did_you_mean(&lower, SOURCES),
    };
    known(other)
}

/// The keyword of `only` and `except` that was probably meant by a text which GitLab takes for the name of a
/// branch or tag; `None` if it is a keyword, or looks like a name.
pub(super) fn meant_keyword(text: &str) -> Option<&'static str> {
    /// The plural forms that GitLab's documentation uses.
    const KEYWORDS: [&str; 11] = [
        "branches",
        "tags",
        "pushes",
        "schedules",
        "triggers",
        "pipelines",
        "merge_requests",
        "external_pull_requests",
        "web",
        "api",
        "chat",
    ];
    let is_keyword = |word: &str| ["branches", "tags"].contains(&word) || of_word(word).is_some();
    if is_keyword(text) || text.contains(['/', '@']) {
        return None;
    }
    let lower = text.to_lowercase().replace(['-', ' '], "_");
    let other = match lower.as_str() {
        "branch" => "branches",
        "tag" | "tagged" => "tags",
        "pushed" => "pushes",
        "scheduled" => "schedules",
        "triggered" => "triggers",
        "mr" | "mrs" | "pull_request" | "pull_requests" => "merge_requests",
        _ => "",
    };
    let close = |word: &&str| {
        // Short words are close to many names.
        *word == other
            || *word == lower
            || (of_word(&lower).is_some() && of_word(word) == of_word(&lower))
            || (word.len() > 6 && strsim::damerau_levenshtein(word, &lower) == 1)
    };
    KEYWORDS.into_iter().find(close)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_only_map_exactly() {
        for (word, source) in [
            ("schedules", Some("schedule")),
            ("schedule", Some("schedule")),
            ("pushes", Some("push")),
            ("merge_requests", Some("merge_request_event")),
            (
                "external_pull_requests",
                Some("external_pull_request_event"),
            ),
            (
                "security_orchestration_policies",
                Some("security_orchestration_policy"),
            ),
            ("webs", Some("web")),
            ("schedul", None),
            ("pushe", None),
            ("tags", None),
            ("main", None),
        ] {
            assert_eq!(of_word(word), source, "{word}");
        }
    }

    #[test]
    fn keywords_of_only_are_told_from_names() {
        for (text, keyword) in [
            ("scheduled", Some("schedules")),
            ("shedules", Some("schedules")),
            ("branch", Some("branches")),
            ("Tags", Some("tags")),
            ("tag", Some("tags")),
            ("merge-requests", Some("merge_requests")),
            ("merge_requets", Some("merge_requests")),
            ("Merge_Request", Some("merge_requests")),
            ("Push", Some("pushes")),
            ("merge_request", None),
            ("schedule", None),
            ("main", None),
            ("release", None),
            ("stages", None),
            ("char", None),
            ("tag/1", None),
            ("branch@group/project", None),
        ] {
            assert_eq!(meant_keyword(text), keyword, "{text}");
        }
    }

    #[test]
    fn what_was_meant_is_named() {
        for (word, source) in [
            ("scheduled", Some("schedule")),
            ("merge_request", Some("merge_request_event")),
            ("merge_requests", Some("merge_request_event")),
            ("Push", Some("push")),
            ("web-ide", Some("webide")),
            ("triggr", Some("trigger")),
            ("tag", None),
            ("branch", None),
            ("manual", None),
            ("zzzzzz", None),
        ] {
            assert_eq!(meant(word), source, "{word}");
        }
    }
}
