//! What an improvement is meant to change.
//!
//! In: an effect that an improved job has. Out: whether it is one that the improvement is for. Always holds: an
//! improvement takes nothing away but refs that were never meant; all else that it changes speaks against it.

use crate::diff::{Effect, Kind};

/// A way in which the job of an entity does other things than the old one, on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::import) enum Improvement {
    /// The build pushes a tag of its own and hands its digest on.
    Build,
    /// The deployment waits for its rollout, goes back if it fails, and runs alone.
    Deployment,
    /// The promotion copies what was built, by its digest.
    Promotion,
    /// The job runs in the image that the pipeline built, or names the tag that is pulled.
    Image,
    /// A name in `only` is that of a branch, and of no tag.
    Refs,
}

impl Improvement {
    /// Whether an effect is one that it is for.
    pub(in crate::import) fn means(self, effect: &Effect) -> bool {
        let key = |names: &[&str]| {
            let about = |name: &&str| effect.text.starts_with(&format!("now has `{name}`"));
            names.iter().any(about)
        };
        let commands = effect.kind == Kind::Script;
        let variable = effect.kind == Kind::Variables && effect.text.starts_with("gets");
        let means = match self {
            Self::Build => commands || variable || key(&["services", "artifacts", "timeout"]),
            Self::Deployment => {
                commands
                    || variable
                    || key(&["artifacts", "timeout", "resource_group", "interruptible"])
                    || (effect.kind == Kind::Environment
                        && effect.text.contains("`auto_stop_in` is now"))
                    || (effect.kind == Kind::Order && effect.text.starts_with("now starts at once"))
            }
            Self::Promotion => commands || variable || key(&["timeout"]),
            Self::Image => effect.kind == Kind::Image,
            Self::Refs => return effect.kind == Kind::Refs,
        };
        means && !effect.is_loss()
    }
}
