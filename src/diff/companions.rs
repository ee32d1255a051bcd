//! What changes in the files that a manifest writes beside the pipeline.
//!
//! In: their paths and texts, before and after. Out: effects. Always holds: each line that differs is told but
//! comments; another path alone is told by the jobs that name it.

use super::words::code;
use super::{Effect, Kind, script};

/// What the change of these files does; each is a path and a text.
pub fn companions(before: &[(String, String)], after: &[(String, String)]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for at in 0..before.len().max(after.len()) {
        let (was, is) = (before.get(at), after.get(at));
        let body = |file: Option<&(String, String)>| -> String {
            let lines = file.into_iter().flat_map(|(_, text)| text.lines());
            let lines = lines.filter(|line| !line.starts_with('#'));
            lines.map(|line| format!("{line}\n")).collect()
        };
        let (old, new) = (body(was), body(is));
        let text = match (was, is) {
            (Some(_), Some((path, _))) if old != new => format!("{} holds other lines", code(path)),
            (None, Some((path, _))) => format!("{} is written", code(path)),
            (Some((path, _)), None) => format!("{} is no longer written", code(path)),
            _ => continue,
        };
        let mut effect = Effect::of_pipeline(Kind::Key, text);
        effect.lines = script::lines(&old, &new);
        effects.push(effect);
    }
    effects
}
