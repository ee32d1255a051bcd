use super::flow::{Flow, Unit};
use super::sink::evaluated;
use crate::gitlab::shell::commands::commands;

/// The variables that are read as code; each line behind `---` is a script of its own.
fn read(text: &str) -> String {
    let texts: Vec<&str> = text.split("\n---\n").collect();
    let all: Vec<_> = texts
        .iter()
        .map(|text| commands(text).expect(text))
        .collect();
    let units = texts.iter().zip(&all);
    let units = units.map(|(text, commands)| Unit { text, commands });
    let flow = Flow::of(units.collect());
    let names = evaluated(&flow).into_iter().flat_map(|one| one.names);
    let mut names: Vec<String> = names.collect();
    names.dedup();
    names.join(" ")
}

#[test]
fn what_is_read_twice_is_found() {
    let mut wrong = Vec::new();
    for text in [
        "eval \"a $A\"",
        "eval $(echo \"a $A\")",
        "eval \"$(printf 'a %s' \"$A\")\"",
        "trap \"rm $A\" EXIT",
        "bash -ec \"a $A\"",
        "bash -e -o pipefail -c \"a $A\" x",
        "sh -c \"$A\"",
        "sh -c 'eval \"$A\"'",
        "sh -c \"$(echo \"$A\")\"",
        "sudo -u x timeout 5 bash --norc -c \"$A\"",
        "docker run --rm x sh -c \"$A\"",
        "docker run --rm --entrypoint sh x -c \"$A\"",
        "docker exec -i x sh <<E\n$A\nE",
        "docker exec x sh -c \"a $A\" b",
        "kubectl exec x -- /bin/bash -c \"a ${A}\"",
        "echo \"a $A\" | bash",
        "echo \"a $A\" | tee log | sudo bash -s",
        "printf 'a %s' \"$A\" | docker exec -i x sh",
        "cat <<E | sh\n$A\nE",
        "bash <<< \"$A\"",
        "bash <(echo \"$A\")",
        ". <(echo \"$A\")",
        "source /dev/stdin <<< \"$A\"",
        "su -c \"a $A\"",
        "su me -c \"a $A\"",
        "su - me --command=\"a $A\"",
        "echo \"$A\" | su - me",
        "flock lock -c \"a $A\"",
        "node -e \"x('$A')\"",
        "node --eval=\"x('$A')\"",
        "node -pe \"'$A'\"",
        "python3 -c \"print('$A')\"",
        "python3.14 -u -c \"print('$A')\"",
        "python -c\"print('$A')\"",
        "python3 - <<E\nprint('$A')\nE",
        "perl -ne \"print '$A'\"",
        "ruby -e \"puts '$A'\"",
        "php -r \"echo '$A';\"",
        "pwsh -NoProfile -Command \"Write-Host $A\"",
        "xargs sh -c \"a $A\"",
        "echo \"$A\" | xargs -I{} sh -c 'a {}'",
        "echo \"$A\" | xargs sh -c",
        "find . -exec sh -c \"a $A\" \\;",
        "ssh -o B=no -i k -p 22 me@host \"a $A\"",
        "ssh host bash -s -- \"$A\"",
        "ssh -tt host bash <<E\na $A\nE",
        "ssh host <<E\na $A\nE",
        "echo \"a $A\" | ssh host",
        "sshpass -e ssh host \"a $A\"",
        "eval \"${A//\\//-}\"",
        "B=; eval \"a ${B:-$A}\"",
        "eval \"a ${A%%-*} ${A,,}\"",
        "B=$A; eval \"a $B\"",
        "B=$(echo \"$A\" | tr / - | cut -c1-20)\n---\nsh -c \"a $B\"",
        "echo \"a $A\" > run.sh; sh run.sh",
        "echo \"a $A\" > run.sh\n---\nchmod +x run.sh\n---\n./run.sh",
        "cat > ./run.sh <<E\na $A\nE\n---\nbash -x \"$CI_PROJECT_DIR/run.sh\"",
        "echo \"B=$A\" >> .env; . .env",
        "echo \"B=$A\" >> .env; set -a; source ./.env",
        "{ echo a; echo \"b $A\"; } > x.sh; . ./x.sh",
        "echo \"a $A\" | tee x.sh > /dev/null; cp x.sh y.sh; bash < y.sh",
        "eval \"$(cat x)\" && echo \"$A\" > x",
        "echo \"print('$A')\" > x.py; python3 x.py",
        "echo 'eval \"$A\"' > x.sh; sh x.sh",
        "(echo a; echo \"$A\") | sh",
        "if true; then echo \"$A\"; fi | sh",
        "for i in 1 2; do echo \"$i $A\"; done | bash",
        "for i in $A; do eval \"a $i\"; done",
        "echo \"$A\" | while read -r line; do eval \"$line\"; done",
        "while IFS= read -r line; do eval \"$line\"; done <<< \"$A\"",
        "while read line; do eval \"$line\"; done <<E\n$A\nE",
        "read -r -p x B C <<< \"$A\"; eval \"$C\"",
        "printf -v B 'a %s' \"$A\"; eval \"$B\"",
        "B=x; B+=\" $A\"; eval \"$B\"",
        "run() { eval \"$1\"; }; run \"a $A\"",
        "run() { sh -c \"$*\"; }\n---\nrun a \"$A\"",
        "set -- \"$A\"; eval \"$1\"",
        "bash -c 'eval \"$1\"' sh \"$A\"",
        "sed -i \"s/x/$A/\" file",
        "sed -e s/a/b/ -e \"s#x#$A#g\" file",
        "awk \"/$A/ { print }\" file",
        "awk '{ print \"'$A'\" }' file",
        "Invoke-Expression \"a $env:A\"",
        "iex \"a ${env:A}\"",
        "\"a $env:A\" | Invoke-Expression",
        "powershell -Command \"a $env:A\"",
    ] {
        if read(text) != "A" {
            wrong.push(format!("{text}: {}", read(text)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_data_is_not_found() {
    let mut wrong = Vec::new();
    for text in [
        "echo \"$A\"",
        "grep -c $A",
        "sh script.sh \"$A\"",
        "bash -c 'a \"$1\"' sh \"$A\"",
        "bash -c 'a \"$A\"'",
        "bash -s -- \"$A\" <<'E'\na \"$1\"\nE",
        "bash <<'E'\n$A\nE",
        "cat <<'E' | bash\n$A\nE",
        "echo \"$A\" | tr -dc a-z | bash",
        "echo \"$A\" | docker exec -i x cat",
        "docker run -e A=\"$A\" x sh -c 'a \"$A\"'",
        "docker exec x a \"$A\"",
        "eval \"$(printf 'a %q' \"$A\")\"",
        "eval \"a ${A@Q}\"",
        "eval \"a ${#A} ${A:+set} ${A//[^a-z]/}\"",
        "eval \"$(ssh-agent -s)\" \"$(tool --title \"$A\")\"",
        "ssh host './a $A'",
        "printf '%s' \"$A\" | ssh host ./a",
        "ssh host \"./a $(printf %q \"$A\")\"",
        "su me -c 'a \"$1\"' -- \"$A\"",
        "python3 tool.py -c \"$A\"",
        "python3 -c 'import os; os.environ[\"A\"]' \"$A\"",
        "node -e 'process.env.A' \"$A\"",
        "php artisan x -r \"$A\"",
        "echo \"$A\" | xargs sh -c 'a \"$1\"' sh",
        "echo \"$A\" | xargs -I{} sh -c 'a \"$1\"' sh {}",
        "echo \"$A\" | python3 tool.py",
        "conda install python -c \"$A\"",
        "npm run script -c \"$A\"",
        "curl -d \"$A\" https://example.com | bash",
        "echo \"$A\" > title.txt; sh run.sh title.txt",
        "echo \"B=$A\" > build.env",
        "echo \"B=$A\" > a.env; . b.env",
        "printf 'B=%q\\n' \"$A\" > a.env; . a.env",
        "{ echo \"$A\" | tr -cd a-z; } | sh",
        "B=$(echo \"$A\" | sed 's/[^a-z]/-/g'); eval \"$B\"",
        "for i in $A; do echo \"$i\"; done",
        "echo \"$A\" | while read -r line; do echo \"$line\"; done",
        "run() { echo \"$1\"; }; run \"$A\"",
        "run() { eval \"$1\"; }; other \"$A\"",
        "run() { eval \"$1\"; }; run a \"$A\"",
        "bash -c 'eval \"$1\"' \"$A\"",
        "sed --sandbox \"s/x/$A/\" file",
        "sed -f x.sed \"$A\"",
        "sed s/a/b/ \"$A\"",
        "awk -v \"a=$A\" '{ print a }' file",
        "Write-Host \"a $env:A\"",
        "eval \"${A%%[^a-z]*}\"",
    ] {
        if !read(text).is_empty() {
            wrong.push(format!("{text}: {}", read(text)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
