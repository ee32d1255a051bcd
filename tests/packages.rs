//! What `packaging/` builds, installed and run as on a machine without Rust.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod packaged;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use packaged::{packaged, run};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs an installed windlass with nothing but itself in `PATH`.
#[track_caller]
fn installed(binary: &Path, arguments: &[&str]) -> String {
    let output = Command::new(binary)
        .args(arguments)
        .env_clear()
        .env("PATH", binary.parent().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The installed windlass says its version and compiles a manifest, and what belongs to it is there.
#[track_caller]
fn is_whole(usr: &Path, man: &str) {
    let binary = usr.join("bin/windlass");
    assert_eq!(
        installed(&binary, &["--version"]),
        format!("windlass {VERSION}\n")
    );
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/minimal");
    installed(&binary, &["-C", example.to_str().unwrap(), "check"]);
    for file in [man, "share/bash-completion/completions/windlass"] {
        assert!(usr.join(file).is_file(), "{file}");
    }
}

/// A virtual environment with the wheel of a folder, installed without any registry.
fn with_wheel(dist: &Path, folder: &Path) -> PathBuf {
    let venv = folder.join("venv");
    let mut python = Command::new("python3");
    let made = python.args(["-m", "venv"]).arg(&venv).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let installed = Command::new(venv.join("bin/pip"))
        .args(["install", "--quiet", "--no-index", "--find-links"])
        .arg(dist)
        .arg("windlass-ci")
        .output()
        .unwrap();
    assert!(installed.status.success(), "{installed:?}");
    venv
}

/// Runs a program that must succeed, and gives what it prints.
#[track_caller]
fn done(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The one file of a folder whose name ends so.
fn file(folder: &Path, end: &str) -> PathBuf {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    paths
        .find(|path| path.to_string_lossy().ends_with(end))
        .unwrap_or_else(|| panic!("no {end} in {}", folder.display()))
}

#[test]
fn the_wheel_installs_without_rust() {
    let folder = tempfile::tempdir().unwrap();
    let dist = folder.path().join("dist");
    packaged(&["wheel"], &dist);
    let venv = with_wheel(&dist, folder.path());
    is_whole(&venv, "share/man/man1/windlass-check.1");
    let sbom = fs::read_to_string(dist.join(format!("windlass-{VERSION}.cdx.json"))).unwrap();
    let sbom: serde_json::Value = serde_json::from_str(&sbom).unwrap();
    assert_eq!(sbom["bomFormat"], "CycloneDX");
    let components = sbom["components"].as_array().unwrap();
    assert!(components.iter().any(|one| one["name"] == "granit-parser"));
    in_a_fresh_root(&dist, folder.path());
}

/// A root of its own in which `/usr` and what belongs to it are those of the machine, without `/usr/local` and home
/// folders, where Rust is: `pip install` of the wheel, without a network, and windlass runs.
const FRESH: &str = r#"
set -eu
root=$1 dist=$2
mount -t tmpfs -o size=256m tmpfs "$root"
mkdir "$root/usr" "$root/proc" "$root/dev" "$root/tmp" "$root/etc" "$root/root" "$root/dist"
mount --rbind /usr "$root/usr"
mount -t tmpfs tmpfs "$root/usr/local"
for name in bin sbin lib lib64; do
  if [ -L "/$name" ]; then cp -P "/$name" "$root/$name"; fi
done
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
cp /etc/passwd "$root/etc/passwd"
cp "$dist"/*.whl "$root/dist"
exec chroot "$root" /usr/bin/env -i PATH=/venv/bin:/usr/bin:/bin HOME=/root sh -euc '
  if command -v cargo rustc; then exit 1; fi
  python3 -m venv /venv
  pip install --quiet --no-index ./dist/*.whl
  windlass --version
'
"#;

fn in_a_fresh_root(dist: &Path, folder: &Path) {
    let is_root = done("id", &["-u"]).trim() == "0";
    let mut python = Command::new("/usr/bin/python3");
    let python = python.args(["-c", "import ensurepip"]).status();
    let has_python = python.is_ok_and(|status| status.success());
    assert!(
        is_root && Path::new("/bin").is_symlink() && has_python,
        "needs root, Debian's python3-venv, and all programs below /usr"
    );
    let fresh = folder.join("root");
    fs::create_dir(&fresh).unwrap();
    let arguments = [
        "--mount", "--net", "--pid", "--fork", "sh", "-c", FRESH, "sh",
    ];
    let folders = [fresh.to_str().unwrap(), dist.to_str().unwrap()];
    let said = done("unshare", &[&arguments[..], &folders].concat());
    assert_eq!(said, format!("windlass {VERSION}\n"));
}

#[test]
fn the_archive_is_the_one_that_binstall_fetches() {
    let folder = tempfile::tempdir().unwrap();
    packaged(&["archive"], folder.path());
    let archive = file(folder.path(), ".tar.gz");
    let name = archive.file_name().unwrap().to_string_lossy().into_owned();
    let target = name
        .strip_prefix(&format!("windlass-{VERSION}-"))
        .and_then(|rest| rest.strip_suffix(".tar.gz"))
        .unwrap();
    let cargo = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let cargo: toml::Table = toml::from_str(&fs::read_to_string(cargo).unwrap()).unwrap();
    let binstall = &cargo["package"]["metadata"]["binstall"];
    let filled = |key: &str| {
        let template = binstall[key].as_str().unwrap();
        let template = template.replace("{ version }", VERSION);
        let template = template.replace("{ target }", target);
        template.replace("{ bin }{ binary-ext }", "windlass")
    };
    assert_eq!(
        filled("pkg-url"),
        format!("{{ repo }}/-/releases/v{VERSION}/downloads/{name}")
    );
    let at = folder.path().to_str().unwrap();
    done("tar", &["-xzf", archive.to_str().unwrap(), "-C", at]);
    let binary = folder.path().join(filled("bin-dir"));
    is_whole(
        binary.parent().unwrap().parent().unwrap(),
        "share/man/man1/windlass-check.1",
    );
}

#[test]
fn the_debian_package_holds_what_it_lists() {
    let folder = tempfile::tempdir().unwrap();
    packaged(&["deb"], folder.path());
    let deb = file(folder.path(), ".deb");
    let deb = deb.to_str().unwrap();
    let fields = done("dpkg-deb", &["--field", deb]);
    assert!(fields.contains("Package: windlass\n"), "{fields}");
    assert!(
        fields.contains(&format!("\nVersion: {VERSION}\n")),
        "{fields}"
    );
    let root = folder.path().join("root");
    done("dpkg-deb", &["--extract", deb, root.to_str().unwrap()]);
    is_whole(&root.join("usr"), "share/man/man1/windlass-check.1.gz");
    let owners = done("dpkg-deb", &["--contents", deb]);
    assert!(
        owners.lines().all(|line| line.contains(" root/root ")),
        "{owners}"
    );
}

#[test]
fn the_image_starts_a_shell_and_has_the_binary() {
    let folder = tempfile::tempdir().unwrap();
    // Images of this test are kept apart from those of whoever runs it.
    let storage = folder.path().join("storage.conf");
    let at = folder.path().display();
    let settings = format!(
        "[storage]\ndriver = \"vfs\"\ngraphroot = \"{at}/images\"\nrunroot = \"{at}/run\"\n"
    );
    fs::write(&storage, settings).unwrap();
    let dist = folder.path().join("dist");
    let storage = storage.to_str().unwrap();
    let environment = [("CONTAINERS_STORAGE_CONF", storage), ("BASE", "scratch")];
    run("image", "dev", &dist, &environment);
    let image = file(&dist, "-image.tar");
    let root = folder.path().to_str().unwrap();
    done("tar", &["-xf", image.to_str().unwrap(), "-C", root]);
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(folder.path().join(name)).unwrap()).unwrap()
    };
    let manifest = &read("manifest.json")[0];
    let config = read(manifest["Config"].as_str().unwrap());
    assert_eq!(config["config"]["Cmd"], serde_json::json!(["sh"]));
    assert!(config["config"].get("Entrypoint").is_none(), "{config}");
    let tag = manifest["RepoTags"][0].as_str().unwrap();
    assert!(tag.ends_with(&format!("windlass:{VERSION}")), "{tag}");
    let layers = manifest["Layers"].as_array().unwrap();
    let last = folder.path().join(layers.last().unwrap().as_str().unwrap());
    let files = done("tar", &["-tf", last.to_str().unwrap()]);
    assert!(files.contains("usr/local/bin/windlass\n"), "{files}");
}

#[test]
fn checksums_cover_every_file() {
    let folder = tempfile::tempdir().unwrap();
    let dist = folder.path().join("dist");
    fs::create_dir(&dist).unwrap();
    for name in ["a", "b"] {
        fs::write(dist.join(name), name).unwrap();
    }
    for _ in 0..2 {
        run("checksums", "", &dist, &[]);
        let sums = fs::read_to_string(dist.join("SHA256SUMS")).unwrap();
        assert_eq!(sums.lines().count(), 2, "{sums}");
    }
    let output = Command::new("sha256sum")
        .args(["--check", "SHA256SUMS"])
        .current_dir(&dist)
        .output();
    assert!(output.unwrap().status.success());
}

/// What a request to GitLab's API was: method and path, headers, body.
struct Request {
    line: String,
    headers: String,
    body: Vec<u8>,
}

/// Takes a number of requests, one connection each, and answers them with `201 Created`.
fn recorded(listener: &TcpListener, count: usize) -> Vec<Request> {
    let mut requests = Vec::new();
    for _ in 0..count {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let (mut headers, mut length) = (String::new(), 0);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            if header.trim().is_empty() {
                break;
            }
            if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            headers += &header;
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(answer).unwrap();
        let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
        requests.push(Request {
            line,
            headers,
            body,
        });
    }
    requests
}

#[test]
fn a_release_has_a_link_to_every_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["SHA256SUMS", "a.whl"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let api = format!("http://{}/api/v4", listener.local_addr().unwrap());
    let tag = format!("v{VERSION}");
    let server = thread::spawn(move || recorded(&listener, 3));
    let environment = [
        ("CI_API_V4_URL", api.as_str()),
        ("CI_PROJECT_ID", "7"),
        ("CI_COMMIT_TAG", tag.as_str()),
        ("CI_JOB_TOKEN", "secret"),
        ("no_proxy", "127.0.0.1"),
    ];
    run("publish", "", folder.path(), &environment);
    let requests = server.join().unwrap();
    let lines: Vec<&str> = requests.iter().map(|one| one.line.as_str()).collect();
    let packages = format!("/api/v4/projects/7/packages/generic/windlass/{VERSION}");
    let uploads = ["SHA256SUMS", "a.whl"].map(|name| format!("PUT {packages}/{name}"));
    assert_eq!(
        lines,
        [&uploads[0], &uploads[1], "POST /api/v4/projects/7/releases"]
    );
    assert!(
        requests
            .iter()
            .all(|one| one.headers.contains("JOB-TOKEN: secret"))
    );
    assert_eq!(requests[1].body, b"a.whl");
    let release: serde_json::Value = serde_json::from_slice(&requests[2].body).unwrap();
    assert_eq!(release["tag_name"], tag);
    let links = release["assets"]["links"].as_array().unwrap();
    assert_eq!(links.len(), 2, "{release}");
    assert_eq!(links[1]["direct_asset_path"], "/a.whl");
    let url = format!("{}{packages}/a.whl", api.trim_end_matches("/api/v4"));
    assert_eq!(links[1]["url"], url);
}
