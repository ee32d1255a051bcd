//! The command line itself: mistakes in it, help, and the small commands.

use crate::project::{PLAIN, Project};

#[test]
fn mistakes_exit_with_2() {
    let project = Project::new(PLAIN);
    for args in [
        [].as_slice(),
        &["generat"],
        &["generate", "--frce"],
        &["generate", "--stdout", "--force"],
        &["check", "--format", "xml"],
        &["--color", "sometimes", "check"],
        &["-m", "", "check"],
        &["-m", "a\nb", "check"],
        &["check", "extra"],
        &["explain"],
        &["explain", "drfit"],
        &["completions", "cmd.exe"],
        &["man", "chek"],
        &["man", "--list", "check"],
    ] {
        let ran = project.run(args).exits(2);
        assert!(!ran.stderr.is_empty() && ran.stdout.is_empty(), "{args:?}");
    }
    project
        .run(&["explain", "drfit"])
        .exits(2)
        .says("did you mean `drift`");
    project.run(&["generat"]).exits(2).says("generate");
}

#[test]
fn options_stand_on_either_side_of_the_command() {
    let project = Project::generated(PLAIN);
    let root = project.root().to_str().unwrap().to_owned();
    project
        .run(&["-q", "-C", &root, "-m", "windlass.yml", "check"])
        .exits(0);
    project
        .run(&["check", "-q", "-C", &root, "--manifest", "windlass.yml"])
        .exits(0);
}

#[test]
fn every_command_has_help_with_an_example() {
    let project = Project::new(PLAIN);
    for command in [
        "generate",
        "check",
        "plan",
        "schema",
        "explain",
        "completions",
        "man",
    ] {
        let help = project.run(&[command, "--help"]).exits(0).stdout;
        assert!(help.contains("Example"), "{command}: {help}");
        assert!(
            help.contains(&format!("\n  windlass {command}")),
            "{command}: {help}"
        );
    }
    let help = project.run(&["--help"]).exits(0).stdout;
    assert!(help.contains("Exit status:"), "{help}");
    assert!(
        project
            .run(&["--version"])
            .exits(0)
            .stdout
            .starts_with("windlass ")
    );
}

#[test]
fn small_commands_print_what_was_asked_for() {
    let project = Project::new(PLAIN);
    let schema = project.run(&["schema"]).exits(0).stdout;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert!(schema.pointer("/properties/windlass").is_some(), "{schema}");
    assert!(
        project
            .run(&["explain", "drift"])
            .exits(0)
            .stdout
            .contains("drift")
    );
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = project.run(&["completions", shell]).exits(0).stdout;
        assert!(
            script.contains("windlass") && script.contains("generate"),
            "{shell}"
        );
    }
}

#[test]
fn the_bash_completion_is_bash() {
    let project = Project::new(PLAIN);
    let script = project.run(&["completions", "bash"]).exits(0).stdout;
    project.write("completion.sh", script);
    let mut bash = std::process::Command::new("bash");
    let checked = bash.arg("-n").arg(project.path("completion.sh")).status();
    assert!(checked.expect("bash is needed (package bash)").success());
}

#[test]
fn every_command_has_a_manual_page() {
    let project = Project::new(PLAIN);
    let names = project.run(&["man", "--list"]).exits(0).stdout;
    assert!(names.lines().count() > 10, "{names}");
    for name in names.lines() {
        let page = project.run(&["man", name]).exits(0).stdout;
        assert!(page.contains(&format!("\n.TH windlass-{name} 1")), "{page}");
        // Options of all commands are in each page.
        assert!(page.contains("color"), "{page}");
    }
    let page = project.run(&["man"]).exits(0).stdout;
    assert!(page.contains("\n.TH windlass 1"), "{page}");
}
