//! A manifest for each key whose text a program gets.

/// A manifest in which a text stands.
pub(crate) struct Case {
    /// `Record.key`, as in `rows`.
    pub(crate) key: &'static str,
    /// What stands around the text in its value.
    pub(crate) around: [&'static str; 2],
    /// The manifest; `@@` is the value, `@/@` the value and a path.
    pub(crate) manifest: &'static str,
    /// What a program reads instead of a text that a shell has expanded.
    pub(crate) read: fn(&str) -> Option<String>,
}

const fn case(key: &'static str, manifest: &'static str) -> Case {
    Case {
        key,
        around: ["", ""],
        manifest,
        read: same,
    }
}

const fn around(key: &'static str, around: [&'static str; 2], manifest: &'static str) -> Case {
    Case {
        around,
        ..case(key, manifest)
    }
}

fn same(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Without variables, which make other commands of it.
fn fixed(text: &str) -> Option<String> {
    (!text.contains('$') && !text.contains("v *")).then(|| text.to_owned())
}

/// BuildKit gets the folder and the file apart.
fn file(text: &str) -> Option<String> {
    (!text.contains('/')).then(|| text.to_owned())
}

/// Helm reads `\`, `,` and `{` in `--set-string`; what has variables goes by a file.
fn escaped(text: &str) -> Option<String> {
    let text = fixed(text)?;
    let mut out = String::new();
    for c in text.chars() {
        if "\\,{".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Some(out)
}

/// A regular expression has no variables, and is written for another tool.
fn regex(text: &str) -> Option<String> {
    (!text.contains(['$', '\\', 'v', '|'])).then(|| text.to_owned())
}

/// The value of a variable is quoted in a regular expression.
fn kept(text: &str) -> Option<String> {
    Some(text.replace("v *", r"\Qv *\E"))
}

pub(crate) const CASES: &[Case] = &[
    case(
        "Image.dockerfile",
        "windlass: 1\nimages: {app: {builder: docker, dockerfile: @@}}\n",
    ),
    Case {
        read: file,
        ..case(
            "Image.dockerfile",
            "windlass: 1\nimages: {app: {builder: buildkit, dockerfile: @@}}\n",
        )
    },
    case(
        "Image.dockerfile",
        "windlass: 1\nimages: {app: {dockerfile: @@, rebuild: {older_than: 1 week}}}\n",
    ),
    case(
        "Image.context",
        "windlass: 1\nimages: {app: {builder: buildah, context: @@}}\n",
    ),
    case(
        "Image.context",
        "windlass: 1\nimages: {app: {context: @@}}\n",
    ),
    case("Image.target", "windlass: 1\nimages: {app: {target: @@}}\n"),
    case(
        "Image.target",
        "windlass: 1\nimages: {app: {builder: buildkit, target: @@}}\n",
    ),
    case(
        "Image.target",
        "windlass: 1\nimages: {app: {target: @@, rebuild: {older_than: 1 week}}}\n",
    ),
    // A variable may be secret, and the value then goes by the environment.
    around(
        "Image.build_args",
        ["${Z}", ""],
        "windlass: 1\nimages: {app: {build_args: {B: @@}}}\n",
    ),
    Case {
        read: fixed,
        ..case(
            "Image.build_args",
            "windlass: 1\nimages: {app: {build_args: {B: @@}}}\n",
        )
    },
    Case {
        read: fixed,
        ..case(
            "Image.build_args",
            "windlass: 1\nimages: {app: {build_args: {B: {value: @@}}}}\n",
        )
    },
    case(
        "Image.build_args",
        "windlass: 1\nimages: {app: {builder: buildkit, build_args: {@@: b}}}\n",
    ),
    case(
        "Image.build_args",
        "windlass: 1\nimages: {app: {builder: docker, build_args: {@@: b}}}\n",
    ),
    Case {
        read: fixed,
        ..case(
            "Image.build_args",
            "windlass: 1\nimages: {app: {build_args: {B: @@}, rebuild: {older_than: 1 week}}}\n",
        )
    },
    case(
        "Image.secrets",
        "windlass: 1\nimages: {app: {secrets: {@@: NPM_TOKEN}}}\n",
    ),
    case(
        "Image.platforms",
        "windlass: 1\nimages: {app: {platforms: [@@, linux/arm64]}}\n",
    ),
    case(
        "Image.platforms",
        "windlass: 1\nimages: {app: {builder: buildkit, platforms: [@@]}}\n",
    ),
    case(
        "Image.build_options",
        "windlass: 1\nimages: {app: {build_options: [--label, @@]}}\n",
    ),
    around(
        "Image.repository",
        ["$CI_REGISTRY_IMAGE/", ""],
        "windlass: 1\nimages: {app: {repository: @@, retention: {keep_n: 3}}}\n",
    ),
    around(
        "Image.tag",
        ["", "-$CI_JOB_ID"],
        "windlass: 1\nimages: {app: {tag: @@, retention: {keep_n: 3}}}\n",
    ),
    case(
        "Image.also_tag",
        "windlass: 1\nimages: {app: {builder: docker, also_tag: [@@]}}\n",
    ),
    case(
        "Image.also_tag",
        "windlass: 1\nimages: {app: {builder: buildkit, also_tag: [@@]}}\n",
    ),
    case(
        "Image.cache_from",
        "windlass: 1\nimages: {app: {cache_from: [@@]}}\n",
    ),
    case(
        "Image.cache_to",
        "windlass: 1\nimages: {app: {cache_to: @@}}\n",
    ),
    Case {
        key: "Retention.keep",
        around: ["", ""],
        manifest: "windlass: 1\nimages: {app: {retention: {keep_n: 3, keep: [@@]}}}\n",
        read: kept,
    },
    Case {
        key: "Retention.keep",
        around: ["/^v", "/"],
        manifest: "windlass: 1\nimages: {app: {retention: {keep_n: 3, keep: [@@]}}}\n",
        read: regex,
    },
    case(
        "Test.workdir",
        "windlass: 1\nimages: {app: {}}\ntests: {t: {image: app, workdir: @@, script: unit}}\n",
    ),
    case(
        "Test.workdir",
        "windlass: 1\nimages: {app: {}}\ntests: {t: {image: app, via: docker, workdir: @@, script: unit}}\n",
    ),
    around(
        "JobImage.name",
        ["", ":1"],
        "windlass: 1\ntests: {t: {image: @@, via: docker, script: unit}}\n",
    ),
    case(
        "JobImage.entrypoint",
        "windlass: 1\ntests: {t: {image: {name: 'a:1', entrypoint: [a, @@]}, via: docker, script: unit}}\n",
    ),
    case(
        "JobImage.entrypoint",
        "windlass: 1\ntests: {t: {image: {name: 'a:1', entrypoint: [@@]}, via: docker, script: unit}}\n",
    ),
    case(
        "Service.name",
        "windlass: 1\nimages: {app: {}}\ncompose: {services: {app: app}}\ntests: {t: {image: app, via: compose, services: [@@], script: unit}}\n",
    ),
    case(
        "Compose.services",
        "windlass: 1\nimages: {app: {}}\ncompose: {services: {@@: app}}\ntests: {t: {image: app, via: compose, script: unit}}\n",
    ),
    case(
        "Environment.deployed_tag",
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {retention: {keep_n: 3}}}\nenvironments: {prod: {refs: default_branch, deployed_tag: @@, images: [app], deploy: {set_image: {deployment/app: {app: app}}}}}\n",
    ),
    around(
        "Deploy.set_image",
        ["deployment/", ""],
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, deploy: {set_image: {@@: {app: app}}}}}\n",
    ),
    case(
        "Deploy.set_image",
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, deploy: {set_image: {deployment/app: {@@: app}}}}}\n",
    ),
    case(
        "Apply.files",
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], rollout: {watch: [deployment/a]}, deploy: {apply: {files: [@@]}}}}\n",
    ),
    case(
        "Apply.files",
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], variables: {V: v}, rollout: {watch: [deployment/a]}, deploy: {apply: {files: [@@], envsubst: [Z]}}}}\n",
    ),
    case(
        "Kustomize.path",
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, rollout: {watch: [deployment/a]}, deploy: {kustomize: {path: @@, images: {a: app}}}}}\n",
    ),
    case(
        "Kustomize.images",
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, rollout: {watch: [deployment/a]}, deploy: {kustomize: {path: k8s, images: {@@: app}}}}}\n",
    ),
    case(
        "Helm.chart",
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], deploy: {helm: {chart: @@, release: app}}}}\n",
    ),
    Case {
        read: fixed,
        ..around(
            "Helm.release",
            ["", "x"],
            "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], deploy: {helm: {chart: c, release: @@}}}}\n",
        )
    },
    // A letter after the text would make `$Ax` of `$A`.
    around(
        "Helm.release",
        ["${Z}", ".x"],
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], deploy: {helm: {chart: c, release: @@}}}}\n",
    ),
    case(
        "Helm.values",
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], deploy: {helm: {chart: c, release: app, values: [@@]}}}}\n",
    ),
    Case {
        key: "Helm.set",
        around: ["", ""],
        manifest: "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], deploy: {helm: {chart: c, release: app, set: {a: @@}}}}}\n",
        read: escaped,
    },
    around(
        "Helm.set",
        ["${Z}", ""],
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], deploy: {helm: {chart: c, release: app, set: {a: @@}}}}}\n",
    ),
    case(
        "Helm.set",
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], deploy: {helm: {chart: c, release: app, set: {@@: a}}}}}\n",
    ),
    case(
        "Helm.options",
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], deploy: {helm: {chart: c, release: app, options: [@@]}}}}\n",
    ),
    around(
        "Gitops.repository",
        ["https://git.example.com/", ""],
        "windlass: 1\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, deploy: {gitops: {repository: @@, branch: main, token: NPM_TOKEN, files: {app.yml: app}}}}}\n",
    ),
    case(
        "Gitops.branch",
        "windlass: 1\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, deploy: {gitops: {repository: 'https://git.example.com/a.git', branch: @@, token: NPM_TOKEN, files: {app.yml: app}}}}}\n",
    ),
    case(
        "Gitops.files",
        "windlass: 1\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, deploy: {gitops: {repository: 'https://git.example.com/a.git', branch: main, token: NPM_TOKEN, files: {@@: app}}}}}\n",
    ),
    case(
        "Migrate.file",
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], migrate: @@, deploy: {script: unit}}}\n",
    ),
    around(
        "Rollout.watch",
        ["deployment/", ""],
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], rollout: {watch: [@@]}, deploy: {script: unit}}}\n",
    ),
    case(
        "Stop.kinds",
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {name: review/$CI_COMMIT_REF_SLUG, refs: branches, images: [app], deploy: {script: unit}, stop: {delete: labelled, kinds: [pod, @@], selector: env=$CI_ENVIRONMENT_SLUG}}}\n",
    ),
    around(
        "Stop.selector",
        ["env=$CI_ENVIRONMENT_SLUG,", ""],
        "windlass: 1\nkubernetes: {context: c}\nimages: {app: {}}\nenvironments: {prod: {name: review/$CI_COMMIT_REF_SLUG, refs: branches, images: [app], deploy: {script: unit}, stop: {delete: labelled, kinds: [pod], selector: @@}}}\n",
    ),
    case(
        "Promotion.to",
        "windlass: 1\nimages: {app: {}}\npromotions: {p: {image: app, refs: branches, to: @@}}\n",
    ),
    around(
        "Kubernetes.agent",
        ["group/project:", ""],
        "windlass: 1\nkubernetes: {agent: @@}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], deploy: {script: unit}}}\n",
    ),
    case(
        "Kubernetes.context",
        "windlass: 1\nkubernetes: {context: @@}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], deploy: {script: unit}}}\n",
    ),
    case(
        "Kubernetes.namespace",
        "windlass: 1\nkubernetes: {context: c, create_namespace: true, namespace: @@}\nimages: {app: {}}\nenvironments: {prod: {refs: default_branch, images: [app], deploy: {script: unit}}}\n",
    ),
    around(
        "Docker.registry_mirror",
        ["http://", ""],
        "windlass: 1\ndocker: {image: 'docker:28-cli', registry_mirror: @@}\nimages: {app: {}}\n",
    ),
    around(
        "Docker.registry_mirror",
        ["https://", ":5000"],
        "windlass: 1\ndocker: {image: 'docker:28-cli', registry_mirror: @@}\nimages: {app: {}}\n",
    ),
    around(
        "Registry.host",
        ["", ".example"],
        "{windlass: 1, registries: {r: {host: @@, username: U, password: P}}, images: {app: {registry: r, repository: @/@}}}\n",
    ),
    around(
        "Registry.host",
        ["${Z}", ".example"],
        "{windlass: 1, registries: {r: {host: @@, username: U, password: P}}, images: {app: {builder: buildkit, registry: r, repository: @/@}}}\n",
    ),
];
