//! What a job does with images of the manifest, and what it reads of earlier jobs.
//!
//! In: the lowering, which notes it where it writes the command or value. Out: what later passes and
//! the proof ask for. Always holds: nothing reads a generated command to find out what it does.

use std::collections::BTreeSet;

/// A value that one job hands on to later ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Handed {
    /// The digest of an image.
    Digest(String),
    /// The tag by which a build is found where no job builds the image.
    Tag(String),
    /// The digest of an image that need not be built again, or `none`.
    Current(String),
    /// That an environment is deployed.
    Deployed(String),
}

/// A login to a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Login {
    /// Host and port of the registry.
    pub host: String,
    /// The variable that holds the password.
    pub password: String,
}

/// What a job uses. It explains the job's keys and is not written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Uses {
    /// The images of the manifest that it names, by tag or by digest.
    pub images: BTreeSet<String>,
    /// The images of which it has the tag or the repository alone: it may join them itself.
    pub parts: BTreeSet<String>,
    /// What its commands cannot do without: they fail if no earlier job handed it on.
    pub demands: BTreeSet<Handed>,
    /// What its commands read besides.
    pub reads: BTreeSet<Handed>,
    /// Its variables whose values come from earlier jobs.
    pub variables: Vec<(String, Handed)>,
    /// The images that it deploys, pulls or tags by digest, as often as it does.
    pub by_digest: Vec<String>,
    /// The registries that its commands log in to.
    pub logins: BTreeSet<Login>,
    /// The images that it gives a tag which no other build has.
    pub own_tags: BTreeSet<String>,
    /// The environments whose list of what they run its commands read.
    pub asks: BTreeSet<String>,
}

impl Uses {
    /// Notes that a command names an image.
    pub fn image(&mut self, name: &str) {
        self.images.insert(name.to_owned());
    }

    /// Notes that a command names an image by its digest, which an earlier job hands on.
    pub fn digest(&mut self, name: &str) {
        self.image(name);
        self.by_digest.push(name.to_owned());
        self.demands.insert(Handed::Digest(name.to_owned()));
    }

    /// Whether its commands read what an earlier job hands on.
    pub fn has(&self, handed: &Handed) -> bool {
        self.demands.contains(handed) || self.reads.contains(handed)
    }

    /// Adds what another part of the same job uses.
    pub fn add(&mut self, other: Self) {
        self.images.extend(other.images);
        self.parts.extend(other.parts);
        self.demands.extend(other.demands);
        self.reads.extend(other.reads);
        self.variables.extend(other.variables);
        self.by_digest.extend(other.by_digest);
        self.logins.extend(other.logins);
        self.own_tags.extend(other.own_tags);
        self.asks.extend(other.asks);
    }
}
