//! Which entity of the manifest a job comes from, and what it does for that entity.
//!
//! In: the lowering, which says it once when it makes the job. Out: what every later pass asks for.
//! Always holds: nothing reads a name to find out what a job is. Two jobs of one origin do the same
//! for the same entity; a name is a key of the manifest and may hold any character.

use std::fmt;

/// What a job does, and for which entity of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Builds images: one, or all of a group that is one job. Never empty.
    Build(Vec<String>),
    /// Builds an image whether it needs to be built or not (`rebuild: {manual: true}`).
    ForceBuild(String),
    /// Checks whether an image needs to be built (`rebuild`).
    Check(String),
    /// Deletes what an image leaves in the registry (`retention`).
    Cleanup(String),
    /// Runs a test.
    Test(String),
    /// Runs a task.
    Task(String),
    /// Deploys an environment.
    Deploy(String),
    /// Moves the deployed tag of an environment to what it runs.
    Mark(String),
    /// Stops an environment.
    Stop(String),
    /// Deletes the tags of an environment that is stopped.
    Untag(String),
    /// Lists the branches for the retention of an image.
    Branches(String),
    /// Gives a build of an image that passed its tests a tag.
    Tested(String),
    /// Promotes images.
    Promotion(String),
    /// Is written by hand (`jobs`).
    Raw(String),
}

/// Where an origin stands in the manifest: `collection.name.part`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<'o> {
    /// The key of the collection, as in `images`.
    pub collection: &'static str,
    /// The key of the entity.
    pub name: &'o str,
    /// The key of the entity that asks for the job, if the job is not the entity's main one.
    pub part: Option<&'static str>,
}

impl Origin {
    /// The build of one image.
    pub fn build(image: &str) -> Self {
        Self::Build(vec![image.to_owned()])
    }

    /// A test, or a task.
    pub fn run(name: &str, is_task: bool) -> Self {
        match is_task {
            true => Self::Task(name.to_owned()),
            false => Self::Test(name.to_owned()),
        }
    }

    /// The images that a job builds, forced or not.
    pub fn built(&self) -> &[String] {
        match self {
            Self::Build(images) => images,
            Self::ForceBuild(image) => std::slice::from_ref(image),
            _ => &[],
        }
    }

    /// The same for each entity alone: several only for a group.
    pub fn each(&self) -> Vec<Self> {
        match self {
            Self::Build(images) => images.iter().map(|image| Self::build(image)).collect(),
            one => vec![one.clone()],
        }
    }

    /// Where the manifest asks for the job; several places only for a group.
    pub fn paths(&self) -> Vec<Path<'_>> {
        let path = |collection, name, part| Path {
            collection,
            name,
            part,
        };
        let one = match self {
            Self::Build(images) => {
                let images = images.iter();
                return images.map(|image| path("images", image, None)).collect();
            }
            Self::ForceBuild(name) => path("images", name, None),
            Self::Check(name) => path("images", name, Some("rebuild")),
            Self::Cleanup(name) => path("images", name, Some("retention")),
            Self::Test(name) => path("tests", name, None),
            Self::Task(name) => path("tasks", name, None),
            Self::Deploy(name) => path("environments", name, None),
            Self::Mark(name) => path("environments", name, Some("deployed_tag")),
            Self::Stop(name) | Self::Untag(name) => path("environments", name, Some("stop")),
            Self::Branches(name) => path("images", name, Some("retention")),
            Self::Tested(name) => path("images", name, None),
            Self::Promotion(name) => path("promotions", name, None),
            Self::Raw(name) => path("jobs", name, None),
        };
        vec![one]
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.collection, self.name)?;
        self.part.map_or(Ok(()), |part| write!(f, ".{part}"))
    }
}

/// For people only: `images.app`, `environments.production.stop`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, path) in self.paths().iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}{path}")?;
        }
        Ok(())
    }
}
