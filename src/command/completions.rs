//! `windlass completions`: a script that teaches a shell the command line.

use clap::CommandFactory as _;

use windlass::shown::Shown;

use super::output::print;
use super::{Failure, Verdict};
use crate::cli::{Cli, Completions};

pub(super) fn run(args: &Completions) -> Result<Verdict, Failure> {
    // Into memory first: the generator panics if it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "windlass", &mut script);
    print(&Shown::of_document(&String::from_utf8_lossy(&script)))?;
    Ok(Verdict::Clean)
}
