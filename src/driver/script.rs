//! The driver `script`: the project's own commands.

use super::{Driver, Keys, Reach, Release, Within};
use crate::finding::Report;
use crate::lower::Lowering;
use crate::lower::deploy::Change;
use crate::manifest::collection::Many;
use crate::manifest::environments::Environment;
use crate::manifest::kinds::{ProjectPath, Text, VariableName};
use crate::manifest::words::{Row, Text as Reads};
use crate::pipeline::Value;
use crate::source::{At, Span};

impl Keys for Many<Text> {
    const READERS: &'static [Row] = &[(&["Deploy"], &["script"], &[Reads::Script])];
}

impl Driver for Many<Text> {
    fn check(&self, _: Span, _: Within<'_>, _: &mut Report) {}

    fn images(&self) -> Vec<&At<Text>> {
        Vec::new()
    }

    fn images_mut(&mut self) -> Vec<&mut At<Text>> {
        Vec::new()
    }

    fn by_digest(&self) -> Vec<&str> {
        Vec::new()
    }

    fn substituted(&self) -> Vec<&At<VariableName>> {
        Vec::new()
    }

    fn paths(&self) -> Vec<(&'static str, &At<ProjectPath>)> {
        Vec::new()
    }

    fn arguments(&self) -> Vec<(&At<Text>, &'static str)> {
        Vec::new()
    }

    fn reach(&self) -> Reach {
        Reach::Commands
    }

    fn waits_for(&self) -> usize {
        0
    }

    fn stays_in_namespace(&self) -> bool {
        false
    }

    fn release(&self) -> Option<Release<'_>> {
        None
    }

    fn list_planned(&self, _: &str) -> Vec<Value> {
        Vec::new()
    }

    fn lower(&self, _: &Lowering<'_>, _: &Environment) -> Change {
        Change {
            own: self.iter().map(|line| line.value.as_str().into()).collect(),
            ..Change::default()
        }
    }
}
