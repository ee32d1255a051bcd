//! The text of a first manifest.
//!
//! In: what was found. Out: a manifest with a comment wherever something was guessed.

use super::deploy::Deployment;
use super::images::Image;
use super::split;
use super::tests::Test;
use crate::manifest::scalar::plain_type;

/// A plain text, in quotes if YAML would take it for something else.
fn scalar(text: &str) -> String {
    match plain_type(text) {
        Some(_) => format!("\"{text}\""),
        None => text.to_owned(),
    }
}

pub(super) fn manifest(images: &[Image], tests: &[Test], deployments: &[Deployment]) -> String {
    let mut out = String::from("windlass: 1\n");
    if !deployments.is_empty() {
        out.push_str(
            "\n# A guess: a CI/CD variable of type file. `agent: group/project:name` is a GitLab agent.\n\
             kubernetes: {kubeconfig: KUBECONFIG}\n",
        );
    }
    if !images.is_empty() {
        out.push_str("\nimages:\n");
    }
    for image in images {
        let name = scalar(&image.name);
        let mut keys = Vec::new();
        if !image.context.is_empty() {
            keys.push(format!("context: {}", scalar(&image.context)));
        }
        let (folder, file) = split(&image.dockerfile);
        if folder != image.context || file != "Dockerfile" {
            keys.push(format!("dockerfile: {}", scalar(&image.dockerfile)));
        }
        out.push_str(&format!("  {name}: {{{}}}\n", keys.join(", ")));
    }
    if !tests.is_empty() {
        out.push_str("\ntests:\n");
    }
    for test in tests {
        out.push_str(&format!("  {}: # a guess from {}\n", test.name, test.from));
        out.push_str(&format!("    image: {}\n    script:\n", test.image));
        for line in &test.script {
            out.push_str(&format!("      - {line}\n"));
        }
    }
    for deployment in deployments {
        let from = &deployment.from;
        out.push_str(&format!(
            "\nenvironments:\n  production: # a guess from {from}\n    refs: default_branch\n    deploy:\n"
        ));
        out.push_str(&format!("      # {}\n", deployment.note));
        for line in &deployment.lines {
            out.push_str(&format!("      {line}\n"));
        }
    }
    if images.is_empty() && tests.is_empty() && deployments.is_empty() {
        out.push_str(
            "\n# Nothing was found to begin with.\njobs:\n  hello: {script: [echo hello]}\n",
        );
    }
    out
}
