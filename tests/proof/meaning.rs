//! Where jobs run is what the manifest's ref sets say: of any sets, for any target, no manifest
//! brings the proof to call windlass itself wrong.

use proptest::prelude::*;

use crate::compiled;
use crate::sets::{made, manifest};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("WINDLASS_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(150),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_manifest_contradicts_what_is_made_of_it(made in made()) {
        compiled(&manifest(&made));
    }
}
