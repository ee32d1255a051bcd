//! The driver `apply`: `kubectl apply` of files, in which the named variables alone are replaced.

use super::{Change, Undo, manifests};
use crate::gitlab::shell::wrapped;
use crate::lower::{Lowering, own_folder, word};
use crate::manifest::collection::List;
use crate::manifest::environments::Environment;
use crate::manifest::images::Image;
use crate::manifest::resolved::image_variable;
use crate::mutant::{self, Mutant};
use crate::pipeline::{Handed, Mapping, Uses, Value};
use crate::source::At;

/// The file of the manifests with their variables replaced. kubectl goes by the ending.
const MANIFESTS: &str = "manifests.yml";

pub(super) fn lower(lowering: &Lowering<'_>, environment: &Environment) -> Option<Change> {
    let apply = environment.deploy.get()?.apply.get()?;
    let files: Vec<String> = apply
        .files
        .get()
        .into_iter()
        .flat_map(List::iter)
        .map(|file| word(&file.value))
        .collect();
    let names: Vec<&str> = apply
        .envsubst
        .get()
        .into_iter()
        .flat_map(List::iter)
        .map(|name| &*name.value)
        .collect();
    let mut change = Change::default();
    let manifests = if names.is_empty() {
        let each = files.iter().map(|file| format!("--filename {file}"));
        each.collect::<Vec<_>>().join(" ")
    } else {
        change.variables = image_variables(lowering, environment, &mut change.uses);
        change.prepare = substitution(environment, &change.variables, &names, &files);
        change.own_folder = true;
        format!("--filename {}", own_folder::file(MANIFESTS))
    };
    change.commands = vec![format!("kubectl apply {manifests}")];
    change.undo = Undo::Manifests(manifests);
    Some(change)
}

/// The variables of images are references by digest where they are deployed.
fn image_variables(lowering: &Lowering<'_>, environment: &Environment, uses: &mut Uses) -> Mapping {
    let images = lowering.manifest.substituted_by(environment).into_iter();
    let value = |image: At<&str>| {
        let variable = image_variable(&image);
        uses.image(&image);
        if !lowering.is_toolchain(&image) {
            let digest = Handed::Digest(image.value.to_owned());
            uses.variables.push((variable.clone(), digest));
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

/// Commands that write the manifests with their variables replaced to a file of the job's own.
fn substitution(
    environment: &Environment,
    images: &Mapping,
    names: &[&str],
    files: &[String],
) -> Vec<Value> {
    let own = environment.variables.get();
    let is_known = |name: &str| {
        images.get(name).is_some()
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
    let into = own_folder::file(MANIFESTS);
    let command = match files {
        [file] if is_file(file) => format!("envsubst \"{list}\" < {file} > {into}"),
        files if files.iter().all(|file| is_file(file)) => format!(
            "for file in {}; do\n  printf '\\n---\\n'\n  envsubst \"{list}\" < \"$file\"\ndone > {into}\n",
            files.join(" ")
        ),
        files => {
            commands.push(manifests::substitute());
            format!("substitute \"{list}\" {} > {into}", files.join(" "))
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
