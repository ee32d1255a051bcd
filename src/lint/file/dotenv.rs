//! No rule asks for a variable that a job of the same pipeline makes.
//!
//! Facts: variables of `artifacts:reports:dotenv` exist in later jobs; rules are evaluated before any job
//! runs ("Pass an environment variable to another job", 18.11).

use std::collections::HashMap;

use crate::config::{Conditions, Node, Place, Rule};
use crate::finding::{Code, Finding};
use crate::gitlab::expression::Expr;
use crate::gitlab::shell::commands::Command;
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = lint.config();
    let scripts = lint.scripts();
    let mut made: HashMap<String, (String, Place)> = HashMap::new();
    for (at, job) in config.jobs.iter().enumerate() {
        let artifacts = job.keys.given("artifacts");
        let report = artifacts.and_then(|node| node.get("reports")?.get("dotenv"));
        let files: Vec<String> = match report.map(|node| (node.as_seq(), node)) {
            Some((Some(files), _)) => files.iter().filter_map(Node::scalar_text).collect(),
            Some((None, file)) => file.scalar_text().into_iter().collect(),
            None => continue,
        };
        for script in scripts.of(at) {
            for command in &script.commands {
                for name in written(command, &files) {
                    let place = script.at(&command.range, &config.sources);
                    made.entry(name)
                        .or_insert_with(|| (job.name.clone(), place));
                }
            }
        }
    }
    let set = config.set_variables();
    made.retain(|name, _| !set.contains(name.as_str()));
    if made.is_empty() {
        return;
    }
    let jobs = config.jobs.iter().filter_map(|job| match &job.conditions {
        Conditions::Rules(rules) => Some(rules),
        Conditions::Always | Conditions::Policies { .. } => None,
    });
    for rule in jobs.chain(&config.workflow.rules).flatten() {
        report(lint, rule, &made);
    }
}

fn report(lint: &mut Lint<'_>, rule: &Rule, made: &HashMap<String, (String, Place)>) {
    let Some(condition) = &rule.condition else {
        return;
    };
    let mut names = Vec::new();
    variables(&condition.expr, &mut names);
    for name in names {
        let Some((job, place)) = made.get(name) else {
            continue;
        };
        if !lint.is_new(
            Code::DotenvInRules,
            &format!("{name} {:?}", condition.place),
        ) {
            continue;
        }
        let message = format!("`${name}` is not there yet: `{job}` makes it, and rules come first");
        lint.push(
            Finding::new(Code::DotenvInRules, condition.place, message)
                .related(*place, "it is written here")
                .help("ask for it in the script, or start a child pipeline with it"),
        );
    }
}

/// The variables that a command writes into one of these files: `echo "NAME=..." >> build.env`.
fn written(command: &Command, files: &[String]) -> Vec<String> {
    let into = command.redirections.iter().any(|one| {
        let file = one.target.shown();
        one.operator.starts_with('>') && files.contains(&file)
    });
    let program = command.program();
    let Some((program, arguments)) = program.filter(|_| into) else {
        return Vec::new();
    };
    if !matches!(program.as_str(), "echo" | "printf") {
        return Vec::new();
    }
    let name = |text: String| {
        let (name, _) = text.split_once('=')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
    };
    arguments
        .iter()
        .filter_map(|word| name(word.shown()))
        .collect()
}

/// The variables of an expression.
fn variables<'e>(expr: &'e Expr, names: &mut Vec<&'e str>) {
    match expr {
        Expr::Any(terms) | Expr::All(terms) => terms.iter().for_each(|term| variables(term, names)),
        Expr::Not(inner) => variables(inner, names),
        Expr::Compare { left, right, .. } => {
            variables(left, names);
            variables(right, names);
        }
        Expr::Variable(name) => names.push(name.as_str()),
        Expr::Input(_) | Expr::Text(_) | Expr::Pattern(_) | Expr::Bool(_) | Expr::Null => {}
    }
}
