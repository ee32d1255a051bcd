//! Strings that YAML readers have been seen to take for something else.

/// Whole values: booleans, nulls, numbers of all bases, dates, indicators, commands.
#[rustfmt::skip]
pub(crate) const VALUES: &[&str] = &[
    "yes", "Yes", "on", "ON", "off", "no", "n", "y", "Y", "N", "true", "True", "TRUE", "false",
    "null", "Null", "NULL", "~", "010", "0o10", "08", "0x1F", "0xdeadBEEF", "0b11", "1_000",
    "1,000", "12:30", "12:30:45", "1:2", "20:30", "60:60", "190:20:30", "190:20:30.15", "1.10",
    "1e3", "1e5", "7e8", "12e03", "1e10", "1e1000", ".5", "+.5", "-.5", "+1", "-1", "-0", "0",
    "00", "1.", "0.30", "1_0.5", "685230.15", "685_230.15", ".inf", "-.INF", "+.inf", ".NaN",
    ".E-2", ".e+2", "._1", "_1", "0_", "0.", "00123456", "0012348",
    "123456789012345678901234567890", "9223372036854775808", "-9223372036854775809", "inf", "nan",
    "infinity", "-", "--", "---", "...", "-- -", "2026-11-21", "2026-1-1", "2026-11-21 10:00:00",
    "2026-11-21T10:00:00Z", "2026-99-99", "=", "<<", ":", ":foo", ":\"foo\"", "::", "a:", "a:b",
    "a: b", "a :b", "a : b", "a #b", "a# b", "#", "# a", "?", "? a", "- a", "-a", "--a", "!",
    "! a", "!a b", "!!str 1", "!!binary aGk=", "!ruby/object:Object {}", "!reference [x, y]",
    "&a b", "*foo", "@foo", "`ls`", "%x", "%YAML 1.1", "[ -f x ] && y", "{a} b", "{a: b}",
    "[a, b]", "[", "]", "{", "}", ",", "|", "|-", ">", ">-", "'", "''", "\"", "\"\"", "\\", "\\d",
    "\\\"", "'a'", "\"a\"", "it's", "", " ", "  ", " a", "a ", "\t", "\ta", "a\t", "a\tb", "\n",
    "\n\n", "a\n", "a\n\n", "\na", "\n a", " a\nb", "a\n b", "a\n\nb\n", "a \nb", "a\n \nb",
    "a\n\tb", "\ta\nb", "a\r\nb\r\n", "\r", "a\rb", "a\nb: c", "---\na", "a\n---\nb", "a\n...\n",
    "# a\nb", "- a\n- b", "a\n# b\n", "docker:2375", "docker:29-dind", "tcp://docker:2376",
    "echo \"a: b\"", "echo 'a: b'", "echo 'x' # c", "curl -H \"A: b\" -d '{\"a\": 1}'",
    "$CI_COMMIT_BRANCH == \"master\"", "/^release-.*$/", r"/^\s*Lines:\s*\d+.\d+\%/", "5 minutes",
    "1 week 2 days", "1 1", "1 e5", "😀", "a😀b", "\u{85}x", "a\u{85}", "\u{2028}b", "\u{2029}",
    "\u{feff}a", "a\u{feff}", "\u{a0}", "\u{a0}a", "e\u{301}", "\u{202e}abc", "שלום: x",
    "\u{200d}", "\u{7f}", "\u{1b}[31m", "\u{1}", "\u{9f}", "\u{fffe}", "\u{ffff}", "\u{10ffff}",
    "é", "Ünïcode # x",
];

/// Pieces that longer strings are put together from, beside [`VALUES`].
#[rustfmt::skip]
pub(crate) const PIECES: &[&str] = &[
    ": ", " #", "- ", "? ", "\n", "\n  ", "\r\n", "\t", " ", "  ", "'", "\"", "\\", "<<", "!ref",
    "&a", "*a", "%", "@", "`", "[", "]", "{", "}", ",", "---", "...", "|", ">", "~", "=", "0", "1",
    "9", "_", ".", "e", "E", "+", "-", "x", "a", "Z", "yes", "null", "$X", "${Y}", "/", "//", "é",
    "😀", "\u{301}", "\u{5d0}", "\u{85}", "\u{2028}", "\u{2029}", "\u{feff}", "\u{a0}", "\u{200b}",
    "\u{202e}", "\u{3000}", "\u{7f}", "\u{1}", "\u{1b}", "\u{e000}", "\u{fffd}", "\u{10fffe}",
];

/// What short strings are spelled with: all of them, up to three characters, are tried.
#[rustfmt::skip]
pub(crate) const LETTERS: &[char] = &[
    '-', '+', '.', ':', '#', '?', '!', '&', '*', '%', '@', '`', '"', '\'', '[', ']', '{', '}', ',',
    '|', '>', '~', '=', '<', '\\', '/', '_', '$', '0', '1', '8', 'e', 'x', 'n', 'Y', ' ', '\n',
    '\t', 'é', '\u{85}',
];

/// A small generator (SplitMix64): the same strings in every run, on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A character from anywhere in Unicode, save NUL.
    pub(crate) fn character(&mut self) -> char {
        let bound = self.pick(&[0x80, 0x800, 0x1_0000, 0x11_0000]);
        loop {
            let code = u32::try_from(self.below(bound)).unwrap();
            if let Some(c) = char::from_u32(code).filter(|&c| c != '\0') {
                return c;
            }
        }
    }

    /// A string of several awkward pieces.
    pub(crate) fn string(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..=self.below(6) {
            match self.below(8) {
                0 => text.push(self.character()),
                1 | 2 => text.push_str(self.pick(VALUES)),
                3 => text.push_str(&self.number()),
                _ => text.push_str(self.pick(PIECES)),
            }
        }
        text
    }

    /// A string of digits and what stands between digits.
    fn number(&mut self) -> String {
        let letters: Vec<char> = "00112345678999abcdefxobE+-._,: TZ".chars().collect();
        (0..=self.below(10)).map(|_| self.pick(&letters)).collect()
    }
}

/// Every string of one to three [`LETTERS`].
pub(crate) fn short() -> Vec<String> {
    let mut strings = Vec::new();
    for &a in LETTERS {
        strings.push(String::from(a));
        for &b in LETTERS {
            strings.push(String::from_iter([a, b]));
            strings.extend(LETTERS.iter().map(|&c| String::from_iter([a, b, c])));
        }
    }
    strings
}
