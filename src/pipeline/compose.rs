//! The compose override: which images the compose services of a test job run.

use super::Mapping;

/// Everything that stands in the generated compose override file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ComposeOverride {
    /// The services in the order to be written.
    pub services: Vec<ComposeService>,
    /// Build secrets: a name, and the variable that holds the value (Docker Compose 2.6).
    pub secrets: Vec<(String, String)>,
}

/// One service that runs a built image instead of what the project's own file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposeService {
    /// Name of the service in the project's compose file.
    pub name: String,
    /// The image; compose substitutes `$NAME` and `${NAME}` in it from its environment.
    pub image: String,
    /// How compose would build it.
    pub build: ComposeBuild,
}

/// What becomes of `build` of the project's own file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComposeBuild {
    /// Taken away (`!reset null`, Docker Compose 2.24.4), so that compose cannot rebuild what it
    /// should pull.
    Reset,
    /// Left as it is: Docker Compose 1 cannot take it away, and builds only what is missing.
    Kept,
    /// Merged with these keys: compose builds the image.
    Over(Mapping),
}

impl ComposeOverride {
    /// Whether a service may still be built.
    pub fn may_build(&self) -> bool {
        self.services
            .iter()
            .any(|service| service.build != ComposeBuild::Reset)
    }
}
