//! Files in which `envsubst` replaces the variables that the manifest names.
//!
//! In: an environment, the names and the files. Out: the variables of its job, and the commands that write the
//! files with their variables replaced. Always holds: the variable of an image is its reference by digest, and
//! a variable that does not exist stops the job.

use super::manifests;
use crate::gitlab::shell::wrapped;
use crate::lower::Lowering;
use crate::manifest::environments::Environment;
use crate::manifest::images::Image;
use crate::manifest::resolved::image_variable;
use crate::mutant::{self, Mutant};
use crate::pipeline::{Handed, Mapping, Uses, Value};
use crate::source::At;

/// The variables of images are references by digest where they are deployed.
pub(super) fn image_variables(
    lowering: &Lowering<'_>,
    environment: &Environment,
    uses: &mut Uses,
) -> Mapping {
    let images = lowering.manifest.substituted_by(environment).into_iter();
    let value = |image: At<&str>| {
        let variable = image_variable(&image);
        uses.image(&image);
        if !lowering.is_toolchain(&image) {
            let digest = Handed::Digest(image.value.to_owned());
            let handed = (variable.clone(), digest);
            if !uses.variables.contains(&handed) {
                uses.variables.push(handed);
            }
        }
        let tagged = |of: &At<Image>| format!("{}:{}", of.repository(&image), of.tag());
        let tagged = lowering.image(&image).map(tagged);
        let tagged = tagged.filter(|_| mutant::on(Mutant::AppliesATag));
        (
            variable,
            tagged.unwrap_or_else(|| lowering.by_digest(&image)),
        )
    };
    images.map(value).collect()
}

/// Commands that write files with their variables replaced to a file of the job's own.
pub(crate) fn commands(
    lowering: &Lowering<'_>,
    environment: &Environment,
    names: &[&str],
    files: &[String],
    to: &str,
) -> Vec<Value> {
    let own = environment.variables.get();
    let images = lowering.manifest.substituted_by(environment);
    let is_known = |name: &str| {
        images.iter().any(|image| image_variable(image) == name)
            || own.is_some_and(|own| own.0.iter().any(|(key, _)| key.value == name))
    };
    let mut commands = Vec::new();
    // envsubst takes a variable that does not exist for an empty one.
    let elsewhere: Vec<String> = names
        .iter()
        .filter(|name| !is_known(name))
        .map(|name| format!("\"${{{name}?}}\""))
        .collect();
    if !elsewhere.is_empty() {
        commands.push(Value::from(format!(": {}", elsewhere.join(" "))));
    }
    let list: Vec<String> = names.iter().map(|name| format!("\\${name}")).collect();
    let list = list.join(" ");
    let command = match files {
        [file] if is_file(file) => format!("envsubst \"{list}\" < {file} > {to}"),
        files if files.iter().all(|file| is_file(file)) => format!(
            "for file in {}; do\n  printf '\\n---\\n'\n  envsubst \"{list}\" < \"$file\"\ndone > {to}\n",
            files.join(" ")
        ),
        files => {
            commands.push(manifests::substitute());
            format!("substitute \"{list}\" {} > {to}", files.join(" "))
        }
    };
    commands.push(Value::from(wrapped(&command)));
    commands
}

/// Whether a path, as a word of the shell, is a file by its ending: kubectl takes only these of a folder.
fn is_file(path: &str) -> bool {
    let path = path.trim_end_matches(['"', '\'']);
    [".yml", ".yaml", ".json"]
        .iter()
        .any(|ending| path.ends_with(ending))
}
