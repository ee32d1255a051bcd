//! Where an included file lies.
//!
//! In: an entry of `include`. Out: the paths that its text is looked for at, in the repository or in
//! the folder of files from elsewhere. Always holds: a path never leaves the repository or the
//! folder; a file of another version is never taken for the one that is asked for.
//!
//! The folder has `project/PATH/FILE` for the default branch of a project and
//! `project/PATH@REF/FILE` for a ref, `template/NAME`, and `remote/HOST/PATH`. A component is a
//! file of its project: `project/PATH@VERSION/templates/NAME.yml`, or `templates/NAME/template.yml`.
//!
//! Facts: `Gitlab::Ci::Config::External::File` and `Gitlab::Ci::Components::InstancePath` (18.11).

use super::Repository;
use super::entry::Reader;
use super::model::NotRead;
use super::value::{Entry, Key, Map, Node, Value};
use crate::files::Unread;
use crate::finding::Code;
use crate::gitlab::regex::Regex;

/// What kind of place an include names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A file of the repository.
    Local,
    /// A file of another project.
    Project,
    /// One of GitLab's own templates.
    Template,
    /// A component.
    Component,
    /// A file at a URL.
    Remote,
    /// A file that a job makes; only for child pipelines.
    Artifact,
}

/// The schemes of an address (`Gitlab::UrlSanitizer`, 18.11).
const SCHEMES: [&str; 4] = ["http", "https", "ssh", "git"];

fn has_scheme(text: &str, scheme: &str) -> bool {
    let rest = text.trim_start().strip_prefix(scheme);
    rest.is_some_and(|rest| rest.starts_with(':'))
}

/// Whether it is base64 as `Base64.strict_decode64` takes it.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len().is_multiple_of(4) && padding <= 2 && digits.bytes().all(known)
}

impl Kind {
    const ALL: [Kind; 6] = [
        Kind::Local,
        Kind::Project,
        Kind::Template,
        Kind::Component,
        Kind::Remote,
        Kind::Artifact,
    ];

    /// GitLab's key.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Local => "local",
            Kind::Project => "project",
            Kind::Template => "template",
            Kind::Component => "component",
            Kind::Remote => "remote",
            Kind::Artifact => "artifact",
        }
    }

    /// The kind that the keys of an entry name; `None` if they name none or several.
    pub(super) fn named(entry: &Map) -> Option<Self> {
        let mut named = Kind::ALL
            .into_iter()
            .filter(|kind| entry.has(kind.as_str()));
        let first = named.next()?;
        named.next().is_none().then_some(first)
    }

    /// The same, with a report where there is none or an unknown key.
    pub(super) fn of(entry: &Map, item: &Node, reader: &mut Reader) -> Option<Self> {
        const KEYS: [&str; 13] = [
            "local",
            "project",
            "template",
            "component",
            "remote",
            "artifact",
            "file",
            "ref",
            "job",
            "rules",
            "inputs",
            "integrity",
            "cache",
        ];
        reader.known_keys(entry, "include", &KEYS);
        let kind = Kind::named(entry);
        if kind.is_none() {
            let message = "`include` should have exactly one of `local`, `project`, `remote`, \
                           `template`, `component`";
            reader.found(Code::BadInclude, item.place, message);
        }
        if let Some(integrity) = entry.given("integrity") {
            let wrong = match integrity
                .as_str()
                .and_then(|text| text.strip_prefix("sha256-"))
            {
                Some(hash) if is_base64(hash) => return kind,
                Some(_) => "`integrity` should be `sha256-` and a hash in base64",
                None => "`integrity` should begin with `sha256-`",
            };
            reader.found(Code::BadInclude, integrity.place, wrong);
        }
        kind
    }

    /// A string as the mapping that it stands for.
    pub(super) fn normalized(text: &str, item: &Node) -> Map {
        let url = text.starts_with("http://") || text.starts_with("https://");
        let kind = if url { Kind::Remote } else { Kind::Local };
        let entry = Entry {
            key_place: item.place,
            value: item.with(Value::Str(text.into())),
        };
        [(Key::string(kind.as_str()), entry)].into_iter().collect()
    }

    /// The texts that name files: several of a project.
    pub(super) fn texts(self, entry: &Map, item: &Node, reader: &mut Reader) -> Vec<String> {
        let key = match self {
            Kind::Project => "file",
            other => other.as_str(),
        };
        let Some(node) = entry.get(key) else {
            reader.found(
                Code::BadInclude,
                item.place,
                "`project` of an include needs `file`",
            );
            return Vec::new();
        };
        let texts = match self {
            Kind::Project => reader.string_or_strings(node, key),
            _ => reader.string(node, key).into_iter().collect(),
        };
        texts.into_iter().map(|text| text.value).collect()
    }

    /// The host of a component where that is the GitLab that reads it, whatever its name, and the rest
    /// (`Components::InstancePath`, 18.11; the variable since 16.10).
    pub(super) fn own_host(self, text: &str) -> (&str, &str) {
        let own = ["$CI_SERVER_FQDN/", "${CI_SERVER_FQDN}/"];
        let host = own.into_iter().find(|host| text.starts_with(host));
        match host {
            Some(host) if self == Kind::Component => text.split_at(host.len()),
            _ => ("", text),
        }
    }

    /// The place of a file; `None` after a report.
    pub(super) fn location(
        self,
        text: String,
        entry: &Map,
        base: &Base,
        item: &Node,
        reader: &mut Reader,
    ) -> Result<Option<Location>, NotRead> {
        let within = |base: Base, paths: Vec<String>| Location {
            entry: entry.clone(),
            base,
            paths,
        };
        let yaml = [".yml", ".yaml"].iter().any(|end| text.ends_with(end));
        if !yaml && matches!(self, Kind::Local | Kind::Project | Kind::Template) {
            let message = format!("`{text}` should end with `.yml` or `.yaml`");
            reader.found(Code::BadInclude, item.place, message);
            return Ok(None);
        }
        Ok(Some(match self {
            Kind::Local => base.local(text.trim_start_matches('/').to_owned(), entry),
            Kind::Project => {
                let project = entry.get("project").and_then(Node::as_str);
                let reference = entry.given("ref").and_then(Node::as_str);
                let project = match reference {
                    Some(reference) => format!("{}@{reference}", project.unwrap_or_default()),
                    None => project.unwrap_or_default().to_owned(),
                };
                if project.contains('$') {
                    return Err(NotRead::Variable);
                }
                within(
                    Base::project(&project),
                    vec![text.trim_start_matches('/').to_owned()],
                )
            }
            Kind::Template => within(Base::Folder("template".to_owned()), vec![text]),
            Kind::Remote if !SCHEMES.iter().any(|scheme| has_scheme(&text, scheme)) => {
                let message = format!("`{text}` should begin with `https://`");
                reader.found(Code::BadInclude, item.place, message);
                return Ok(None);
            }
            Kind::Remote => {
                let path = text.split_once("://").map_or("", |(_, path)| path);
                let path = path.split(['?', '#']).next().unwrap_or_default();
                within(Base::Folder("remote".to_owned()), vec![path.to_owned()])
            }
            Kind::Component => {
                let Some((project, name)) = component(&text) else {
                    // `FetchService`, 18.11: the component path is not supported.
                    let message = format!(
                        "`{text}` should be like `gitlab.example.com/group/project/component@1.0`"
                    );
                    reader.found(Code::BadInclude, item.place, message);
                    return Ok(None);
                };
                within(
                    Base::project(&project),
                    vec![
                        format!("templates/{name}.yml"),
                        format!("templates/{name}/template.yml"),
                    ],
                )
            }
            Kind::Artifact => return Err(NotRead::NotHere),
        }))
    }
}

/// The project with its version, and the name, of `host/group/project/name@version`. All
/// components lie on the GitLab that reads them, whatever the host.
fn component(address: &str) -> Option<(String, String)> {
    let (path, version) = address.rsplit_once('@')?;
    let (_, path) = path.split_once('/')?;
    let (project, name) = path.rsplit_once('/')?;
    Some((format!("{project}@{version}"), name.to_owned()))
}

/// Where the local includes of a file lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Base {
    /// In the repository.
    Own,
    /// In this part of the folder of files from elsewhere.
    Folder(String),
}

impl Base {
    fn project(name: &str) -> Self {
        Base::Folder(format!("project/{name}"))
    }

    /// A local file seen from here.
    pub(super) fn local(&self, path: String, entry: &Map) -> Location {
        Location {
            entry: entry.clone(),
            base: self.clone(),
            paths: vec![path],
        }
    }

    /// The files that a path with wildcards names: `**` stands for anything, `*` for anything but
    /// a slash (`Repository#search_files_by_wildcard_path`). `None` if the files are not known.
    pub(super) fn matching(&self, text: &str, repository: &dyn Repository) -> Option<Vec<String>> {
        let mut paths = match self {
            Base::Own => repository.paths()?,
            Base::Folder(_) => return None,
        };
        let pattern = regex_syntax::escape(text.trim_start_matches('/'))
            .replace(r"\*\*", ".*?")
            .replace(r"\*", "([^/])*?");
        let pattern = Regex::new(&format!("^{pattern}$"))?;
        paths.retain(|path| pattern.is_match(path));
        paths.sort();
        Some(paths)
    }
}

/// A file to include.
#[derive(Debug, Clone)]
pub(super) struct Location {
    /// The entry of `include`, as a mapping.
    pub(super) entry: Map,
    /// Where its own local includes lie.
    pub(super) base: Base,
    /// Where it may lie; the first that is there counts.
    paths: Vec<String>,
}

impl Location {
    /// The name and text of the file.
    pub(super) fn read(&self, repository: &dyn Repository) -> Result<(String, String), Unread> {
        for path in &self.paths {
            let found = match &self.base {
                Base::Own => repository.read(path).map(|text| (path.clone(), text)),
                Base::Folder(folder) => repository.elsewhere(&format!("{folder}/{path}")),
            };
            match found {
                Err(Unread::Absent) => {}
                found => return found,
            }
        }
        Err(Unread::Absent)
    }

    /// Whether GitLab does not find it either, if it is not here.
    pub(super) fn is_missing(&self, repository: &dyn Repository) -> bool {
        self.base == Base::Own && repository.is_known()
    }

    /// Its path.
    pub(super) fn name(&self) -> &str {
        self.paths.first().map_or("", String::as_str)
    }
}
