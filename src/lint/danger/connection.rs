//! A job knows whom it talks to: certificates and host keys are checked.

use crate::config::Place;
use crate::finding::{Code, Finding};
use crate::gitlab::shell::commands::{Command, Part, Word};
use crate::lint::context::Lint;

/// Options of `curl` of one letter that take a value (curl 8).
const CURL_VALUED: &str = "AbcCdDeEFHhKmoPQrtTuUwxXyYz";

/// Variables that switch a check off, with what they are then.
const VARIABLES: [(&str, &[&str]); 3] = [
    ("GIT_SSL_NO_VERIFY", &["1", "true", "True", "TRUE", "yes"]),
    ("NODE_TLS_REJECT_UNAUTHORIZED", &["0"]),
    ("PYTHONHTTPSVERIFY", &["0"]),
];

/// Options that switch a check off, by program.
const OPTIONS: [(&[&str], &[&str]); 7] = [
    (&["wget"], &["--no-check-certificate"]),
    (
        &["kubectl", "oc", "helm"],
        &[
            "--insecure-skip-tls-verify",
            "--kube-insecure-skip-tls-verify",
        ],
    ),
    (
        &["podman", "buildah", "skopeo"],
        &[
            "--tls-verify=false",
            "--src-tls-verify=false",
            "--dest-tls-verify=false",
        ],
    ),
    (
        &["executor", "kaniko"],
        &["--skip-tls-verify", "--skip-tls-verify-pull"],
    ),
    (
        &["npm", "yarn", "pnpm"],
        &["--strict-ssl=false", "--no-strict-ssl"],
    ),
    (&["pip", "pip3"], &["--trusted-host"]),
    (
        &["apt", "apt-get"],
        &["--allow-unauthenticated", "--force-yes"],
    ),
];

/// Programs that speak SSH.
const SSH: [&str; 5] = ["ssh", "scp", "sftp", "rsync", "ssh-copy-id"];

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    variables(lint);
    for script in lint.scripts().iter() {
        for command in &script.commands {
            for set in command.assignments.iter().chain(exported(command)) {
                let text = set.shown();
                if let Some((name, value)) = text.split_once('=')
                    && is_off(name, value)
                {
                    let place = script.at(&set.range, &lint.config.sources);
                    report(lint, place, &format!("`{name}={value}`"));
                }
            }
            let Some((program, arguments)) = command.program() else {
                continue;
            };
            if let Some(word) = unchecked(&program, arguments, command) {
                let place = script.at(&word.range, &lint.config.sources);
                let shown = match program.as_str() {
                    "echo" | "printf" => "`StrictHostKeyChecking no`".to_owned(),
                    program => format!("`{program} {}`", word.shown()),
                };
                report(lint, place, &shown);
            }
        }
    }
}

fn report(lint: &mut Lint<'_>, place: Place, what: &str) {
    let message = format!("{what} does not check whom the job talks to");
    lint.push(Finding::new(Code::UnverifiedConnection, place, message).help(
        "trust the right certificate or host key instead: `--cacert`, a CA in the image, `SSH_KNOWN_HOSTS` in a file variable",
    ));
}

/// Whether a variable of this value switches a check off.
fn is_off(name: &str, value: &str) -> bool {
    let known = VARIABLES.iter().find(|(known, _)| *known == name);
    known.is_some_and(|(_, off)| off.contains(&value))
}

fn variables(lint: &mut Lint<'_>) {
    let config = std::sync::Arc::clone(&lint.config);
    for (name, variable) in config.all_variables() {
        if is_off(name, &variable.value) {
            report(
                lint,
                variable.place,
                &format!("`{name}: {}`", variable.value),
            );
        }
    }
}

/// The words that `export` sets.
fn exported(command: &Command) -> &[Word] {
    match command.words.split_first() {
        Some((first, rest)) if first.is("export") => rest,
        _ => &[],
    }
}

/// The word that switches a check off.
fn unchecked<'w>(program: &str, arguments: &'w [Word], command: &'w Command) -> Option<&'w Word> {
    let texts = || arguments.iter().map(|word| (word, word.shown()));
    if program == "curl" {
        return curl(arguments);
    }
    if program == "git" {
        let set = texts().find(|(_, text)| text.to_lowercase() == "http.sslverify=false");
        let config = arguments.first().is_some_and(|word| word.is("config"));
        let pair = arguments.windows(2).find(|pair| {
            let lower = |at: usize| pair.get(at).map(|word| word.shown().to_lowercase());
            let key = lower(0).unwrap_or_default();
            config
                && key.starts_with("http.")
                && key.ends_with("sslverify")
                && matches!(lower(1).as_deref(), Some("false" | "0"))
        });
        let pair = pair.and_then(|pair| pair.first());
        return set.map(|(word, _)| word).or(pair);
    }
    if SSH.contains(&program) {
        let off = |text: &str| {
            text.contains("StrictHostKeyChecking=no") || text.contains("StrictHostKeyChecking no")
        };
        return texts().find(|(_, text)| off(text)).map(|(word, _)| word);
    }
    if matches!(program, "echo" | "printf") {
        let to_config = command.redirections.iter().any(|one| {
            let file = one.target.shown();
            one.operator.starts_with('>')
                && (file.ends_with(".ssh/config") || file.ends_with("ssh_config"))
        });
        let mut texts = texts().filter(|_| to_config);
        return texts
            .find(|(_, text)| text.contains("StrictHostKeyChecking no"))
            .map(|(word, _)| word);
    }
    let npm_set = || {
        let pair = arguments.windows(2).find(|pair| match pair {
            [key, value] => key.is("strict-ssl") && value.is("false"),
            _ => false,
        });
        pair.and_then(|pair| pair.first())
    };
    if matches!(program, "npm" | "yarn" | "pnpm")
        && let Some(word) = npm_set()
    {
        return Some(word);
    }
    let (_, options) = OPTIONS
        .iter()
        .find(|(programs, _)| programs.contains(&program))?;
    let is_local =
        texts().any(|(_, text)| text.contains("localhost") || text.contains("127.0.0.1"));
    let is_off = |text: &str| {
        options.iter().any(|option| {
            let rest = text.strip_prefix(option);
            rest.is_some_and(|rest| rest.is_empty() || (rest.starts_with('=') && rest != "=false"))
        })
    };
    let mut found = texts().filter(|_| !is_local);
    found.find(|(_, text)| is_off(text)).map(|(word, _)| word)
}

/// `-k` of `curl`, also among other letters; not where it talks to its own machine or to a service of the
/// job, whose name has no dot.
fn curl(arguments: &[Word]) -> Option<&Word> {
    let mut found = None;
    let mut hosts = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let text = word.shown();
        if text.starts_with("--") {
            if text == "--insecure" {
                found = Some(word);
            }
            continue;
        }
        let Some(letters) = text.strip_prefix('-') else {
            hosts.extend(is_foreign(word, &text));
            continue;
        };
        let valued = letters.find(|c| CURL_VALUED.contains(c));
        let flags = letters
            .get(..valued.unwrap_or(letters.len()))
            .unwrap_or_default();
        if flags.contains('k') {
            found = Some(word);
        }
        if valued.is_some_and(|at| at + 1 == letters.len()) {
            words.next();
        }
    }
    found.filter(|_| hosts.is_empty() || hosts.contains(&true))
}

/// Whether an address is of another machine; `None` if a word is no address.
fn is_foreign(word: &Word, text: &str) -> Option<bool> {
    let (_, rest) = text.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let open = word
        .parts
        .iter()
        .any(|part| !matches!(part, Part::Text { .. }))
        && host.contains('$');
    Some(open || (host.contains('.') && !host.starts_with("127.")))
}
