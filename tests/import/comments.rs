//! A comment of a pipeline stands in the manifest, or `import` says that it does not.

use proptest::prelude::*;
use windlass::import::Depth;

use super::held::Held;
use super::imported_as;

/// Pieces of pipelines, a line each. A comment may stand above a line and behind it, but for lines that begin
/// with `|`: these are of a block scalar, and nothing may stand above them.
const PIECES: &[&[&str]] = &[
    &["stages: [build, test]"],
    &["stages:", "  - build", "  - test"],
    &[
        "variables:",
        "  R: $CI_REGISTRY_IMAGE/app",
        "  IMAGE_APP: $R:$CI_COMMIT_SHA",
        "  T: a",
    ],
    &["variables: {T: a}"],
    &[
        "variables:",
        "  A:",
        "  B: {value: , description: x}",
        "  C: ~",
        "  D: &d",
        "  E: x",
    ],
    &["variables:", "  A: \"\"", "  LAST:"],
    &["variables:"],
    &["workflow:"],
    &["default:"],
    &["stages:"],
    &["include: /ci/more.yml"],
    &["include:", "  - /ci/more.yml"],
    &["workflow:", "  name: x"],
    &["workflow:", "  rules:", "    - if: $CI_COMMIT_BRANCH"],
    &[
        "default:",
        "  interruptible: true",
        "  tags: [x]",
        "  retry: 1",
    ],
    &["before_script:", "  - echo"],
    &[
        ".base:",
        "  image: a:1",
        "  retry: 1",
        "  script:",
        "    - make",
    ],
    &[".unused:", "  script: x"],
    &[".list: &list", "  - a", "  - b"],
    &["unit:", "  extends: .base", "  stage: test"],
    &[
        "lint:",
        "  extends: [.base]",
        "  script:",
        "    - |",
        "|      a",
        "|      # no comment",
        "    - b",
    ],
    &[
        "build:",
        "  image: docker:28",
        "  script:",
        "    - docker build --tag $R:$CI_COMMIT_SHA .",
        "    - docker push $R:$CI_COMMIT_SHA",
    ],
    &[
        "deploy:",
        "  image: k:1",
        "  environment: production",
        "  script:",
        "    - kubectl config use-context g/p:a",
        "    - kubectl apply -f k8s/",
    ],
    &[
        "nothing:",
        "  script:",
        "    - make",
        "  cache:",
        "  artifacts: &none",
        "  tags: ~",
        "  retry: *none",
    ],
    &["last:", "  script: x", "  services:"],
    &[".nulls:", "  -", "  - &null", "  - *null", "  - a", "  -"],
    &["twice:", "  script: x", "twice:", "  script: y"],
    &["#old:", "#  script: x", ""],
];

/// A pipeline with numbered comments.
fn commented() -> impl Strategy<Value = (String, Vec<(usize, String)>)> {
    (with_breaks(), any::<bool>()).prop_map(|((text, comments), crlf)| match crlf {
        true => (text.replace('\n', "\r\n"), comments),
        false => (text, comments),
    })
}

fn with_breaks() -> impl Strategy<Value = (String, Vec<(usize, String)>)> {
    let piece = || prop::sample::select(PIECES);
    let pieces = prop::collection::vec(piece(), 1..7);
    let marks = prop::collection::vec(0..12_u8, 60);
    (pieces, marks, any::<bool>()).prop_map(|(pieces, marks, base)| {
        let mut pieces: Vec<&[&str]> = pieces.clone();
        if base {
            pieces.extend(PIECES.iter().filter(|piece| piece[0] == ".base:"));
        }
        let key = |piece: &&[&str]| piece[0].split(':').next().unwrap().to_owned();
        let mut seen = Vec::new();
        pieces.retain(|piece| {
            let new = !seen.contains(&key(piece)) || piece[0].starts_with('#');
            seen.push(key(piece));
            new
        });
        let mut marks = marks.into_iter().cycle();
        let (mut text, mut line, mut comments) = (String::new(), 0, Vec::new());
        for piece in pieces {
            for (at, row) in piece.iter().enumerate() {
                let of_scalar = row.starts_with('|');
                let mark = marks.next().unwrap();
                let row = row.trim_start_matches('|');
                let indent = &row[..row.len() - row.trim_start().len()];
                if mark % 4 == 1 && !of_scalar {
                    line += 1;
                    let comment = format!("# above {line}");
                    text += &format!("{indent}{comment}\n");
                    comments.push((line, comment));
                }
                if mark == 2 && at == 0 {
                    line += 1;
                    text += "\n";
                }
                line += 1;
                text += row;
                if mark % 3 == 0 && !of_scalar && !row.is_empty() && !row.starts_with('#') {
                    let comment = format!("# behind {line}");
                    text += &format!(" {comment}");
                    comments.push((line, comment));
                }
                text += "\n";
            }
        }
        let comment = format!("# at the end {}", line + 1);
        text += &format!("{comment}\n");
        comments.push((line + 1, comment));
        (text, comments)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// However far an import goes, each comment is kept or listed with its line, and never both.
    #[test]
    fn each_comment_is_kept_or_listed((text, comments) in commented()) {
        let files = Held::new([
            ("Dockerfile".to_owned(), "FROM a".to_owned()),
            ("k8s/app.yml".to_owned(), "kind: A".to_owned()),
            ("ci/more.yml".to_owned(), "more: {script: x}".to_owned()),
        ]);
        for depth in [Depth::Jobs, Depth::Entities, Depth::Improved] {
            let Some(Ok(imported)) = imported_as(&text, &files, depth) else {
                continue;
            };
            // Only a key that stands twice cannot be kept as it is.
            if depth == Depth::Jobs && !text.contains("twice") {
                prop_assert_eq!(&imported.rewritten, &None, "{}", text);
                prop_assert_eq!(&imported.lost, &[], "{}\n{}", text, imported.text);
            }
            for (line, comment) in &comments {
                let kept = imported.text.lines().any(|line| line.ends_with(comment.as_str()));
                let listed = imported.lost.iter().any(|one| (one.line, &one.text) == (*line, comment));
                prop_assert!(kept != listed, "{comment}: kept {kept}, listed {listed}\n{text}\n{}", imported.text);
            }
        }
    }
}

/// Nothing of a pipeline as a person writes it is listed: there is a place for each comment.
#[test]
fn comments_of_jobs_that_become_entities_have_a_place() {
    let text = include_str!("said.gitlab-ci.yml");
    let files = Held::new([("Dockerfile".to_owned(), "FROM a".to_owned())]);
    for (depth, kind) in [(Depth::Entities, "windlass"), (Depth::Improved, "improved")] {
        let imported = imported_as(text, &files, depth).unwrap().unwrap();
        assert_eq!(imported.lost, [], "{}", imported.text);
        super::golden(&format!("tests/import/said.{kind}.yml"), &imported.text);
    }
}
