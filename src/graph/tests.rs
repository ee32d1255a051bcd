use super::*;

fn job(name: &str, needs: Option<&[&str]>) -> Node {
    let need = |job: &&str| Need {
        job: (*job).to_owned(),
        optional: false,
    };
    Node {
        name: name.to_owned(),
        needs: needs.map(|all| all.iter().map(need).collect()),
        ..Node::default()
    }
}

fn stage(name: &str, jobs: Vec<Node>) -> Stage {
    Stage {
        name: name.to_owned(),
        jobs,
    }
}

fn pipeline() -> Graph {
    let deploy = Node {
        start: Start::Manual,
        environment: Some(Environment {
            name: "prod".to_owned(),
            stops: false,
        }),
        ..job("deploy", None)
    };
    let clean = Node {
        start: Start::Always,
        may_fail: true,
        conditional: true,
        ..job("clean", Some(&["unit", "absent"]))
    };
    Graph {
        title: "branch main".to_owned(),
        stages: vec![
            stage("build", vec![job("app", None)]),
            stage("test", vec![job("unit", None), job("slow", Some(&["app"]))]),
            stage("deploy", vec![deploy]),
            stage("cleanup", vec![clean]),
        ],
    }
}

#[test]
fn mermaid_has_stages_needs_and_what_is_special_about_a_job() {
    insta::assert_snapshot!(pipeline().draw(Format::Mermaid), @r#"
    flowchart LR
      subgraph s0["build"]
        j0["app"]
      end
      subgraph s1["test"]
        j1["unit"]
        j2["slow"]
      end
      subgraph s2["deploy"]
        j3(["deploy<br/>manual, to prod"])
      end
      subgraph s3["cleanup"]
        j4["clean<br/>always, may fail"]
      end
      s0 --> s1
      s1 --> s2
      j0 --> j2
      j1 --> j4
      classDef conditional stroke-dasharray:4 3
      class j4 conditional
      classDef deploys stroke-width:3px
      class j3 deploys
    "#);
}

#[test]
fn dot_has_them_too() {
    insta::assert_snapshot!(pipeline().draw(Format::Dot), @r#"
    digraph pipeline {
      label="branch main"
      labelloc=t
      rankdir=LR
      compound=true
      fontname="sans-serif"
      node [shape=box, style=rounded, fontname="sans-serif"]
      subgraph cluster_0 {
        label="build"
        j0 [label="app"]
      }
      subgraph cluster_1 {
        label="test"
        j1 [label="unit"]
        j2 [label="slow"]
      }
      subgraph cluster_2 {
        label="deploy"
        j3 [label="deploy\nmanual, to prod", shape=oval, penwidth=2]
      }
      subgraph cluster_3 {
        label="cleanup"
        j4 [label="clean\nalways, may fail", style="rounded,dashed"]
      }
      j0 -> j1 [ltail=cluster_0, lhead=cluster_1]
      j1 -> j3 [ltail=cluster_1, lhead=cluster_2]
      j0 -> j2
      j1 -> j4
    }
    "#);
}

/// No two boxes of a picture cover each other, and all lie inside.
#[test]
fn boxes_do_not_overlap() {
    let mut graph = pipeline();
    graph.stages[1].jobs.push(job("later", Some(&["slow"])));
    graph.stages[1]
        .jobs
        .push(job(&"long".repeat(60), Some(&["later"])));
    let svg = graph.draw(Format::Svg);
    let number = |tag: &str, name: &str| -> f64 {
        let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    };
    let (width, height) = (number(&svg, "width"), number(&svg, "height"));
    let boxes: Vec<[f64; 4]> = svg
        .split("<rect")
        .skip(1)
        .map(|tag| ["x", "y", "width", "height"].map(|name| number(tag, name)))
        .collect();
    assert_eq!(boxes.len(), 7);
    for (index, [x, y, w, h]) in boxes.iter().enumerate() {
        assert!(*x >= 0.0 && x + w <= width && y + h <= height);
        for [x2, y2, w2, h2] in boxes.iter().skip(index + 1) {
            let apart = x + w < *x2 || x2 + w2 < *x || y + h < *y2 || y2 + h2 < *y;
            assert!(apart);
        }
    }
}

#[test]
fn pipelines_that_jobs_start_stand_behind_them() {
    let started = |is_child, jobs: Option<&[&str]>| {
        let jobs = jobs.map(|jobs| jobs.iter().map(|job| (*job).to_owned()).collect());
        Some(Started { is_child, jobs })
    };
    let child = Node {
        started: started(true, Some(&["a", "b", "c", "d", "e"])),
        ..job("child.yml", Some(&["start"]))
    };
    let other = Node {
        started: started(false, None),
        ..job("group/other", Some(&["start"]))
    };
    let jobs = vec![job("start", None), job("child.yml", None)];
    let graph = Graph {
        title: String::new(),
        stages: vec![
            stage("deploy", jobs),
            stage("started pipelines", vec![child, other]),
        ],
    };
    insta::assert_snapshot!(graph.draw(Format::Mermaid), @r#"
    flowchart LR
      subgraph s0["deploy"]
        j0["start"]
        j1["child.yml"]
      end
      subgraph s1["started pipelines"]
        j2[["child.yml<br/>child pipeline: a, b, c and 2 more"]]
        j3[["group/other<br/>pipeline of another project"]]
      end
      j0 --> j2
      j0 --> j3
    "#);
    let dot = graph.draw(Format::Dot);
    assert!(
        dot.contains("j3 [label=\"group/other\\npipeline of another project\", peripheries=2]"),
        "{dot}"
    );
    assert!(dot.contains("  j0 -> j2\n  j0 -> j3\n"), "{dot}");
    let svg = graph.draw(Format::Svg);
    assert_eq!(svg.matches("class=\"job started\"").count(), 2);
}

#[test]
fn a_name_is_only_text() {
    let name = "\"]--> x<script>&#34;`*\\N\u{0}\n%%{init}%%";
    let graph = Graph {
        title: name.to_owned(),
        stages: vec![stage(name, vec![job(name, None)])],
    };
    let mermaid = graph.draw(Format::Mermaid);
    assert!(!mermaid.contains("<script") && !mermaid.contains("\"]--"));
    assert_eq!(mermaid.lines().count(), 4);
    let svg = graph.draw(Format::Svg);
    assert!(!svg.contains("<script") && !svg.contains('\u{0}'));
    let dot = graph.draw(Format::Dot);
    assert!(
        dot.contains(r#"\"]--> x<script>&amp;#34;`*\\N␀␊%%{init}%%"#),
        "{dot}"
    );
}

#[test]
fn needs_that_turn_in_a_circle_end() {
    let graph = Graph {
        title: String::new(),
        stages: vec![stage(
            "test",
            vec![job("a", Some(&["b"])), job("b", Some(&["a"]))],
        )],
    };
    assert!(graph.draw(Format::Svg).contains("</svg>"));
}
