//! The command that runs a project's tests.
//!
//! In: the files that tell which language it is. Out: a [`Test`] for each. Always holds: the commands and
//! images are those of this table; of a file only a version is taken over.

use super::Project;

/// A test to run.
pub(super) struct Test {
    pub(super) name: &'static str,
    /// The file that it was guessed from.
    pub(super) from: String,
    pub(super) image: String,
    pub(super) script: Vec<&'static str>,
}

/// How a language is found.
type Finder = fn(&Project<'_>) -> Option<Test>;

/// One a language.
const FINDERS: [Finder; 8] = [node, go, rust, python, php, maven, gradle, ruby];

pub(super) fn find(project: &Project<'_>) -> Vec<Test> {
    let mut tests: Vec<Test> = FINDERS.iter().filter_map(|find| find(project)).collect();
    if let [one] = tests.as_mut_slice() {
        one.name = "unit";
    }
    tests
}

fn test(name: &'static str, from: &str, image: String, script: &[&'static str]) -> Option<Test> {
    Some(Test {
        name,
        from: from.to_owned(),
        image,
        script: script.to_vec(),
    })
}

fn node(project: &Project<'_>) -> Option<Test> {
    let text = project.text("package.json")?;
    let package: serde_json::Value = serde_json::from_str(&text).ok()?;
    let command = package.get("scripts")?.get("test")?.as_str()?;
    // What `npm init` writes.
    if command.contains("no test specified") {
        return None;
    }
    let version = project
        .version(".nvmrc")
        .or_else(|| project.version(".node-version"));
    let major = version.as_deref().and_then(|all| all.split('.').next());
    let image = format!("node:{}", major.unwrap_or("24"));
    let script: &[&str] = if project.has("pnpm-lock.yaml") {
        &[
            "corepack enable",
            "pnpm install --frozen-lockfile",
            "pnpm test",
        ]
    } else if project.has("yarn.lock") {
        &[
            "corepack enable",
            "yarn install --frozen-lockfile",
            "yarn test",
        ]
    } else if project.has("package-lock.json") {
        &["npm ci", "npm test"]
    } else {
        &["npm install", "npm test"]
    };
    test("node", "package.json", image, script)
}

fn go(project: &Project<'_>) -> Option<Test> {
    let text = project.text("go.mod")?;
    let version = text.lines().find_map(|line| line.strip_prefix("go "));
    let version = version
        .map(str::trim)
        .filter(|text| super::is_version(text));
    let image = format!("golang:{}", version.unwrap_or("1"));
    test("go", "go.mod", image, &["go vet ./...", "go test ./..."])
}

fn rust(project: &Project<'_>) -> Option<Test> {
    let script: &[&str] = match project.has("Cargo.lock") {
        true => &["cargo test --locked"],
        false => &["cargo test"],
    };
    let found = project.has("Cargo.toml");
    found.then(|| test("rust", "Cargo.toml", "rust:1".to_owned(), script))?
}

fn python(project: &Project<'_>) -> Option<Test> {
    let version = project.version(".python-version");
    let image = format!("python:{}", version.as_deref().unwrap_or("3.13"));
    if project.has("requirements.txt") {
        let script = &[
            "pip install --requirement requirements.txt pytest",
            "pytest",
        ];
        return test("python", "requirements.txt", image, script);
    }
    let found = project.has("pyproject.toml") || project.has("setup.py");
    let from = if project.has("pyproject.toml") {
        "pyproject.toml"
    } else {
        "setup.py"
    };
    found.then(|| test("python", from, image, &["pip install . pytest", "pytest"]))?
}

fn php(project: &Project<'_>) -> Option<Test> {
    let text = project.text("composer.json")?;
    let package: serde_json::Value = serde_json::from_str(&text).ok()?;
    package.get("scripts")?.get("test")?;
    let script = &["composer install --no-interaction", "composer test"];
    test("php", "composer.json", "composer:2".to_owned(), script)
}

fn maven(project: &Project<'_>) -> Option<Test> {
    let image = "maven:3.9-eclipse-temurin-21".to_owned();
    let found = project.has("pom.xml");
    found.then(|| test("maven", "pom.xml", image, &["mvn --batch-mode verify"]))?
}

fn gradle(project: &Project<'_>) -> Option<Test> {
    let names = ["build.gradle", "build.gradle.kts"];
    let from = names.into_iter().find(|name| project.has(name))?;
    let (image, script): (&str, &[&str]) = match project.has("gradlew") {
        true => ("eclipse-temurin:21", &["./gradlew test"]),
        false => ("gradle:8-jdk21", &["gradle test"]),
    };
    test("gradle", from, image.to_owned(), script)
}

fn ruby(project: &Project<'_>) -> Option<Test> {
    let specs = project.paths.iter().any(|path| path.starts_with("spec/"));
    let version = project.version(".ruby-version");
    let image = format!("ruby:{}", version.as_deref().unwrap_or("3.4"));
    let script: &[&str] = match specs {
        true => &["bundle install", "bundle exec rspec"],
        false => &["bundle install", "bundle exec rake test"],
    };
    project
        .has("Gemfile")
        .then(|| test("ruby", "Gemfile", image, script))?
}
