//! The compose override: which images the compose services of a test job run.

/// Everything that stands in the generated compose override file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ComposeOverride {
    /// The services in the order to be written.
    pub services: Vec<ComposeService>,
}

/// One service that runs a built image instead of what the project's own file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposeService {
    /// Name of the service in the project's compose file.
    pub name: String,
    /// The image; compose substitutes `$NAME` and `${NAME}` in it from its environment.
    pub image: String,
    /// Whether `build` is taken away (`!reset null`, Docker Compose 2.24.4), so that compose
    /// cannot rebuild what it should pull.
    pub reset_build: bool,
}
