//! A pipeline as a picture: stages from left to right, jobs, what they wait for.
//!
//! In: a [`Graph`], which knows nothing of where its jobs come from. Out: text in one of the
//! [`Format`]s. Always holds: the same graph gives the same bytes; a name of any job, however
//! hostile, is only ever text in the picture.

mod dot;
mod html;
mod mermaid;
mod planned;
mod svg;

use std::collections::HashMap;

pub use html::{Page, View};

/// What is drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// What the picture shows, as in `branch main`.
    pub title: String,
    /// The stages in order, those with no job left out.
    pub stages: Vec<Stage>,
}

/// A stage and its jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its jobs in order.
    pub jobs: Vec<Node>,
}

/// A job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// When it runs.
    pub start: Start,
    /// Whether it is not there in every pipeline that is drawn.
    pub conditional: bool,
    /// Whether its failure lets the pipeline go on.
    pub may_fail: bool,
    /// The environment that it deploys to or stops.
    pub environment: Option<Environment>,
    /// The jobs that it waits for; `None`: for all earlier stages.
    pub needs: Option<Vec<Need>>,
    /// Of a pipeline that a job starts, and that stands beside the jobs: what is known of it.
    pub started: Option<Started>,
}

/// A pipeline that a job starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// Whether it is a child of the pipeline that is drawn, and not one of another project.
    pub is_child: bool,
    /// The names of its jobs; `None` if its files are not all here.
    pub jobs: Option<Vec<String>>,
}

/// What starts a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Start {
    /// Success of all that it waits for.
    #[default]
    OnSuccess,
    /// A person.
    Manual,
    /// A time after that, as in `30 minutes`.
    Delayed(String),
    /// Failure of something before it.
    OnFailure,
    /// The end of all that it waits for, in whatever way.
    Always,
}

/// An environment that a job is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Whether the job stops it.
    pub stops: bool,
}

/// A job that another one waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Its name.
    pub job: String,
    /// Whether it may be missing.
    pub optional: bool,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Mermaid, which GitLab draws in Markdown.
    Mermaid,
    /// Graphviz.
    Dot,
    /// A picture for a browser or a README.
    Svg,
}

impl Graph {
    /// The picture.
    pub fn draw(&self, format: Format) -> String {
        match format {
            Format::Mermaid => mermaid::draw(self),
            Format::Dot => dot::draw(self),
            Format::Svg => svg::draw(self),
        }
    }

    /// Every job with its number, counted through all stages.
    fn numbered(&self) -> impl Iterator<Item = (usize, &Node)> {
        let jobs = self.stages.iter().flat_map(|stage| &stage.jobs);
        jobs.enumerate()
    }

    /// What is needed, by whom, as numbers of [`Graph::numbered`]. What is not drawn has no edge.
    fn edges(&self) -> Vec<Edge> {
        let numbers: HashMap<&str, usize> = self
            .numbered()
            // A job may have the name of a file.
            .filter(|(_, job)| job.started.is_none())
            .map(|(number, job)| (job.name.as_str(), number))
            .collect();
        let mut edges = Vec::new();
        for (to, job) in self.numbered() {
            for need in job.needs.iter().flatten() {
                if let Some(from) = numbers.get(need.job.as_str()) {
                    edges.push(Edge {
                        from: *from,
                        to,
                        optional: need.optional,
                    });
                }
            }
        }
        edges
    }
}

/// A need of a job that is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edge {
    from: usize,
    to: usize,
    optional: bool,
}

impl Node {
    /// What is to be said about a job besides its name, in few words.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(started) = &self.started {
            notes.push(started.note());
        }
        match &self.start {
            Start::OnSuccess => {}
            Start::Manual => notes.push("manual".to_owned()),
            Start::Delayed(time) => notes.push(format!("after {time}")),
            Start::OnFailure => notes.push("on failure".to_owned()),
            Start::Always => notes.push("always".to_owned()),
        }
        if let Some(environment) = &self.environment {
            let name = &environment.name;
            notes.push(match environment.stops {
                true => format!("stops {name}"),
                false => format!("to {name}"),
            });
        }
        if self.may_fail {
            notes.push("may fail".to_owned());
        }
        notes
    }
}

impl Started {
    /// What it is, with its first jobs.
    fn note(&self) -> String {
        const SOME: usize = 3;
        let Some(jobs) = &self.jobs else {
            return match self.is_child {
                true => "child pipeline".to_owned(),
                false => "pipeline of another project".to_owned(),
            };
        };
        let first: Vec<&str> = jobs.iter().take(SOME).map(String::as_str).collect();
        let mut note = format!("child pipeline: {}", first.join(", "));
        if jobs.len() > SOME {
            note.push_str(&format!(" and {} more", jobs.len() - SOME));
        }
        note
    }
}

#[cfg(test)]
mod tests;
