//! The images that a repository builds.
//!
//! In: the paths. Out: an [`Image`] for each Dockerfile, the project's own first. Always holds: no name
//! twice.

use super::{Project, is_plain, name, split};

/// An image to build.
pub(super) struct Image {
    pub(super) name: String,
    /// Its Dockerfile, from the root of the project.
    pub(super) dockerfile: String,
    /// The folder that the build sees; empty: the project.
    pub(super) context: String,
}

/// More are for a person to choose from.
const MOST: usize = 50;

pub(super) fn find(project: &Project<'_>) -> Vec<Image> {
    let mut images: Vec<Image> = Vec::new();
    let mut paths: Vec<&String> = project.paths.iter().collect();
    // Of two in one folder `docker build` reads `Dockerfile`.
    let is_other = |path: &str| split(path).1 == "Containerfile";
    paths.sort_by_key(|path| (path.matches('/').count(), is_other(path), path.as_str()));
    for path in paths {
        let (folder, file) = split(path);
        let Some(suffix) = dockerfile(file) else {
            continue;
        };
        // Its own folder is what `docker build FOLDER` sees.
        let own = folder.rsplit('/').next().unwrap_or_default();
        let text = if suffix.is_empty() { own } else { suffix };
        let Some(name) = name(if text.is_empty() { "app" } else { text }) else {
            continue;
        };
        let known = images.iter().any(|image| image.name == name);
        if known || !is_plain(path) || images.len() == MOST {
            continue;
        }
        let whole = ["docker", "build", "ci", ".docker", "dockerfiles"].contains(&own);
        images.push(Image {
            name,
            dockerfile: path.clone(),
            context: if whole {
                String::new()
            } else {
                folder.to_owned()
            },
        });
    }
    images
}

/// What distinguishes a Dockerfile from the one called `Dockerfile`; `None` if it is none.
fn dockerfile(file: &str) -> Option<&str> {
    if matches!(file, "Dockerfile" | "Containerfile") {
        return Some("");
    }
    let suffix = file
        .strip_prefix("Dockerfile.")
        .or_else(|| file.strip_prefix("Containerfile."))
        .or_else(|| file.strip_suffix(".Dockerfile"))?;
    (suffix != "dockerignore").then_some(suffix)
}
