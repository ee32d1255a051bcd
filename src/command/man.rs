//! `windlass man`: the manual page of windlass or of one of its commands.

use clap::CommandFactory as _;

use windlass::shown::Shown;

use super::output::print;
use super::{Failure, Verdict};
use crate::cli::{Cli, Man};

pub(super) fn run(args: &Man) -> Result<Verdict, Failure> {
    let mut command = Cli::command();
    // Gives each command its full name and the options of all commands.
    command.build();
    if args.list {
        let mut names = Shown::default();
        let commands = command.get_subcommands().map(|one| one.get_name());
        commands
            .filter(|name| *name != "help")
            .for_each(|name| names.line(name));
        print(&names)?;
        return Ok(Verdict::Clean);
    }
    let command = match &args.command {
        None => command,
        Some(name) => match command.find_subcommand(name) {
            Some(found) => found.clone(),
            None => return Err(Failure::usage(&format!("there is no command `{name}`"))),
        },
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    print(&Shown::of_document(&String::from_utf8_lossy(&page)))?;
    Ok(Verdict::Clean)
}
