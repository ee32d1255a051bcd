//! `--improve` changes what an improvement is for, and nothing else.

use std::fs;
use std::path::Path;

use windlass::diff::{Effect, Kind};
use windlass::import::Depth;

use super::held::Held;
use super::{ROOT, imported_as, texts};

/// Whether an effect may come with an improvement: another order, start or right to run is never the purpose of
/// one, and nothing goes but the tags that a name in `only` stands for.
pub(super) fn is_meant(effect: &Effect) -> bool {
    let begins = |text: &str| effect.text.starts_with(text);
    match effect.kind {
        Kind::Refs => true,
        Kind::Script | Kind::Image | Kind::Key => !effect.is_loss(),
        Kind::Variables => begins("gets") || begins("every job gets"),
        Kind::Permission => begins("now has `resource_group`") || begins("now has `interruptible`"),
        Kind::Environment => effect.text.contains("`auto_stop_in` is now"),
        Kind::Order => begins("now starts at once"),
        Kind::Appears
        | Kind::Vanishes
        | Kind::Renamed
        | Kind::Rewritten
        | Kind::When
        | Kind::Secrets => false,
    }
}

/// The deployment of the shop starts at once: by its digest the image would be waited for.
#[test]
fn an_improvement_that_would_do_more_is_refused_and_told() {
    let path = Path::new(ROOT).join("tests/import/entities/shop.gitlab-ci.yml");
    let text = fs::read_to_string(path).unwrap();
    let environment = "  environment: production\n";
    let text = text.replace(environment, &format!("{environment}  needs: []\n"));
    let files = Held::new([("Dockerfile".to_owned(), "FROM scratch".to_owned())]);
    let imported = imported_as(&text, &files, Depth::Improved)
        .unwrap()
        .unwrap();
    assert_eq!(imported.raw, ["production"]);
    assert_eq!(
        texts(&imported.unimproved),
        ["Some(\"production\") now also waits for `build`"]
    );
    let effects = &imported.changes.effects;
    assert!(!effects.is_empty());
    assert!(
        effects
            .iter()
            .all(|effect| effect.job.as_deref() != Some("production"))
    );
    assert!(effects.iter().all(is_meant));
}
