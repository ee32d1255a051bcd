//! Docker Compose reads the project's own file with the generated override.

use std::process::Command;

use serde_json::Value as Json;

use super::{folder, installed, succeeds};

/// The services that compose sees.
fn services(files: &[&str]) -> Json {
    let mut compose = Command::new(installed("docker-compose"));
    for file in files {
        compose.args(["-f", file]);
    }
    let config = succeeds(
        compose
            .args(["config", "--format", "json"])
            .current_dir(folder("facile"))
            .env(
                "IMAGE_PHP_CI",
                "registry.example.com/group/project/php-ci:7",
            ),
        "docker-compose",
    );
    let mut config: Json = serde_json::from_str(&config).unwrap();
    config["services"].take()
}

#[test]
fn compose_runs_the_built_image_and_builds_none() {
    let own = services(&["docker-compose.yml"]);
    assert!(own["php"]["build"].is_object() && own["php"]["image"].is_null());

    let tested = services(&["docker-compose.yml", "docker-compose.windlass.yml"]);
    assert_eq!(
        tested["php"]["image"],
        "registry.example.com/group/project/php-ci:7"
    );
    assert!(tested["php"]["build"].is_null(), "{tested:#}");
    assert_eq!(tested["php"]["depends_on"], own["php"]["depends_on"]);
    assert_eq!(tested["mysql"], own["mysql"]);
}
