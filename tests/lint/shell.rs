//! The reader of scripts against a shell, and on anything at all.

use std::process::Command;

use proptest::prelude::*;
use windlass::gitlab::shell::commands::{Word, commands};
use windlass::gitlab::shell::literal;

/// Pieces of words without anything that a shell replaces.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a", "b-c", "'d e'", "\"f g\"", "\\ ", "'\"'", "\"'\"", "\\\\", "\"\\\"\"", "\"\\h\"", "=",
        ".", "''", "a#", "é", "\"# \"", "\\;", "'|'", "\\\n",
    ])
}

fn words(command: &[Word]) -> Option<Vec<String>> {
    command.iter().map(Word::literal).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// A word in quotes is read back as the text that it was made of.
    #[test]
    fn a_quoted_word_is_the_text(texts in prop::collection::vec("[ -~é\n\t]{0,12}", 1..6)) {
        let line = texts.iter().map(|text| literal(text)).collect::<Vec<_>>().join(" ");
        let all = commands(&format!("x {line}")).expect("it is a script");
        prop_assert_eq!(all.len(), 1);
        prop_assert_eq!(words(&all[0].words[1..]), Some(texts));
    }

    /// A shell splits a line into the same words.
    #[test]
    fn a_shell_reads_the_same_words(parts in prop::collection::vec((piece(), any::<bool>()), 1..12)) {
        let line: String = parts.iter().map(|(piece, gap)| format!("{piece}{}", if *gap { " " } else { "" })).collect();
        let ran = Command::new("sh").args(["-c", &format!("printf '%s\\0' x {line}")]).output();
        let ran = ran.expect("there is a shell");
        let all = commands(&format!("printf x {line}")).expect("it is a script");
        prop_assert!(ran.status.success());
        let read = words(&all[0].words[1..]).expect("nothing is replaced");
        let shell = String::from_utf8(ran.stdout).expect("UTF-8");
        let shell: Vec<&str> = shell.strip_suffix('\0').unwrap_or(&shell).split('\0').collect();
        prop_assert_eq!(read, shell, "{}", line);
    }

    /// Whatever a script holds, reading it ends, and each word lies in it.
    #[test]
    fn any_text_is_read(text in "[ -~\n\té]{0,60}|([a\"'`$(){};|&<>\\\\\n #!=]|EOF|<<|case|esac|in|for|do){0,40}") {
        for command in commands(&text).unwrap_or_default() {
            for word in command.words.iter().chain(&command.assignments) {
                prop_assert!(text.get(word.range.clone()).is_some(), "{:?}", word);
            }
        }
    }
}
