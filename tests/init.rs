//! First manifests: six repositories of different kinds, each in a text of `tests/init`, with the manifest
//! that `windlass init` writes for it.
//!
//! `WINDLASS_BLESS=1 cargo test --test init` writes the manifests anew.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod held;

use std::fs;
use std::path::{Path, PathBuf};

use held::Held;
use proptest::prelude::*;
use windlass::compile::{Compiled, compile};
use windlass::init::draft;
use windlass::source::Source;

fn compiled(text: &str, held: &Held) -> Compiled {
    compile(&Source::new("windlass.yml", text), held).unwrap()
}

/// The files of a text: `==> PATH`, and the lines of the file below it.
fn files(text: &str) -> Held {
    let files = text.split("==> ").skip(1).map(|file| {
        let (path, text) = file.split_once('\n').unwrap();
        (path.trim().to_owned(), text.to_owned())
    });
    Held::new(files)
}

#[test]
fn each_kind_of_repository_gets_a_manifest_that_compiles() {
    let bless = std::env::var_os("WINDLASS_BLESS").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/init");
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "txt"));
    assert!(paths.len() >= 6, "{paths:?}");
    for path in paths {
        let held = files(&fs::read_to_string(&path).unwrap());
        let draft = draft(&held);
        let beside = path.with_extension("windlass.yml");
        if bless {
            fs::write(&beside, &draft.text).unwrap();
        }
        assert_eq!(draft.text, fs::read_to_string(&beside).unwrap(), "{path:?}");
        let compiled = compiled(&draft.text, &held);
        let found: Vec<String> = compiled
            .report
            .sorted()
            .iter()
            .map(|one| one.message.clone())
            .collect();
        assert_eq!(found, Vec::<String>::new(), "{path:?}");
        assert!(compiled.files.is_some(), "{path:?}");
    }
}

/// Paths and texts, some of them hostile.
fn file() -> impl Strategy<Value = (String, String)> {
    let path = prop_oneof![
        Just("Dockerfile".to_owned()),
        Just("package.json".to_owned()),
        Just("go.mod".to_owned()),
        Just(".nvmrc".to_owned()),
        Just("chart/Chart.yaml".to_owned()),
        Just("k8s/app.yaml".to_owned()),
        Just("k8s/prod/kustomization.yaml".to_owned()),
        "[a-zA-Z$ '\"-]{1,6}/Dockerfile",
        "Dockerfile.[ -~&&[^/]]{1,6}",
        "[ -~&&[^/]]{1,4}/Chart.yaml",
    ];
    let text = prop_oneof![
        Just("{\"scripts\": {\"test\": \"x\"}}".to_owned()),
        Just("name: $(id)\nkind: Deployment\n".to_owned()),
        Just("kind: Deployment\nimage: ${IMAGE_APP}\n".to_owned()),
        Just("go 1.25\n".to_owned()),
        Just("go $(id)\n22; id\n".to_owned()),
        "[ -~\n]{0,20}",
    ];
    (path, text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a repository holds, its first manifest has no errors and no commands of the repository.
    #[test]
    fn any_repository_gets_a_manifest_that_compiles(files in prop::collection::btree_map(file().prop_map(|f| f.0), file().prop_map(|f| f.1), 0..6)) {
        let held = Held::new(files);
        let draft = draft(&held);
        let compiled = compiled(&draft.text, &held);
        prop_assert!(compiled.files.is_some(), "{}\n{:#?}", draft.text, compiled.report.sorted());
        prop_assert!(!draft.text.contains("$("), "{}", draft.text);
    }
}
