//! Random expressions that mostly make sense: of a wanted type, over the names of the lab, with every
//! operator, constructor and pure function. The same seed gives the same expressions.

use self::signatures::{SIGNATURES, Signature};

mod signatures;

/// A small generator of pseudo-random numbers (SplitMix64).
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// Makes expressions.
pub struct Generator {
    /// Where the choices come from.
    pub random: Random,
    /// Names that surrounding `for` expressions bind, with the kind of what they stand for.
    bound: Vec<(String, char)>,
}

impl Generator {
    /// The expressions of a seed.
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), bound: Vec::new() }
    }

    /// One expression, on one line.
    pub fn expression(&mut self) -> String {
        let kind = self.random.pick(&['b', 'n', 's', 's', 'l', 'k', 'e', 'm', 'o', 't', 'x']);
        let depth = 1 + self.random.below(4);
        self.of(kind, depth)
    }

    /// An expression of a kind (the letters of `signatures.rs`), nested at most `depth` deep.
    fn of(&mut self, kind: char, depth: usize) -> String {
        let kind = if self.random.once_in(40) {
            self.random.pick(&['b', 'n', 's', 'l', 'm', 'o', 'x'])
        } else {
            kind
        };
        if depth == 0 || kind.is_ascii_uppercase() || kind == 'i' || self.random.once_in(5) {
            return self.leaf(kind);
        }
        match self.random.below(10) {
            0..=3 => self.call(kind, depth - 1),
            4..=7 => self.compound(kind, depth - 1),
            8 => self.selection(kind, depth - 1),
            _ => self.leaf(kind),
        }
    }

    fn leaf(&mut self, kind: char) -> String {
        let kind = match kind {
            'x' => self.random.pick(&['b', 'n', 's', 'l', 'k', 'e', 'm', 'o', 't', 'X']),
            'c' => self.random.pick(&['l', 'k', 'e', 'm', 'o', 't']),
            'L' => self.random.pick(&['l', 'k', 't', 'N']),
            kind => kind,
        };
        let bound: Vec<String> =
            self.bound.iter().filter(|(_, of)| *of == kind).map(|(name, _)| name.clone()).collect();
        if !bound.is_empty() && !self.random.once_in(3) {
            return bound[self.random.below(bound.len())].clone();
        }
        self.random.pick(leaves(kind)).to_owned()
    }

    fn call(&mut self, kind: char, depth: usize) -> String {
        let fitting: Vec<&Signature> =
            SIGNATURES.iter().filter(|(_, _, returns)| gives(*returns, kind)).collect();
        let Some((name, parameters, _)) = fitting.get(self.random.below(fitting.len())) else {
            return self.leaf(kind);
        };
        let mut arguments = Vec::new();
        let mut letters = parameters.chars();
        while let Some(letter) = letters.next() {
            if letter == '*' {
                let more = letters.next().unwrap_or('x');
                for _ in 0..self.random.below(4) {
                    arguments.push(self.of(more, depth));
                }
            } else {
                arguments.push(self.of(letter, depth));
            }
        }
        if self.random.once_in(60) {
            arguments.pop();
        }
        format!("{name}({})", arguments.join(", "))
    }

    fn selection(&mut self, kind: char, depth: usize) -> String {
        match self.random.below(4) {
            0 => format!("({} ? {} : {})", self.of('b', depth), self.of(kind, depth), self.of(kind, depth)),
            1 => format!("try({}, {})", self.of(kind, depth), self.of(kind, depth)),
            2 => format!("({})", self.of(kind, depth)),
            _ => format!("[{}, {}][{}]", self.of(kind, depth), self.of(kind, depth), self.leaf('i')),
        }
    }

    fn compound(&mut self, kind: char, depth: usize) -> String {
        match kind {
            'b' => self.truth(depth),
            'n' => self.number(depth),
            's' => self.text(depth),
            'l' | 'k' | 't' => self.sequence(kind, depth),
            'e' => format!("toset({})", self.sequence('l', depth)),
            'm' | 'o' => self.mapping(depth),
            'c' => {
                let kind = self.random.pick(&['l', 'k', 'e', 'm', 'o', 't']);
                self.compound(kind, depth)
            }
            _ => {
                let kind = self.random.pick(&['b', 'n', 's', 'l', 'k', 'e', 'm', 'o', 't']);
                self.compound(kind, depth)
            }
        }
    }

    fn truth(&mut self, depth: usize) -> String {
        match self.random.below(8) {
            0 | 1 => {
                let op = self.random.pick(&["<", "<=", ">", ">="]);
                format!("{} {op} {}", self.operand('n', depth), self.operand('n', depth))
            }
            2..=4 => {
                let kind = self.random.pick(&['b', 'n', 's', 'l', 'e', 'm', 'o', 't', 'x']);
                let op = self.random.pick(&["==", "!="]);
                format!("{} {op} {}", self.operand(kind, depth), self.operand(kind, depth))
            }
            // Terraform 1.11 evaluates both sides and later versions do not, so the sides are plain.
            5 => {
                let op = self.random.pick(&["&&", "||"]);
                format!("{} {op} {}", self.leaf('b'), self.leaf('b'))
            }
            6 => format!("!{}", self.operand('b', depth)),
            _ => format!("can({})", self.of('x', depth)),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        match self.random.below(8) {
            0 => format!("-{}", self.operand('n', depth)),
            1 => format!("{}[{}]", self.primary('k', depth), self.leaf('i')),
            _ => {
                let op = self.random.pick(&["+", "-", "*", "/", "%"]);
                format!("{} {op} {}", self.operand('n', depth), self.operand('n', depth))
            }
        }
    }

    fn text(&mut self, depth: usize) -> String {
        match self.random.below(6) {
            0 => format!("{}[{}]", self.primary('l', depth), self.leaf('i')),
            1 => format!("{}[\"{}\"]", self.primary('m', depth), self.random.pick(&["a", "b", "k"])),
            2 => format!("{}.{}", self.primary('o', depth), self.random.pick(&["a", "b"])),
            _ => {
                let pieces: Vec<String> = (0..1 + self.random.below(3)).map(|_| self.piece(depth)).collect();
                format!("\"{}\"", pieces.concat())
            }
        }
    }

    fn piece(&mut self, depth: usize) -> String {
        match self.random.below(8) {
            0 => {
                let open = self.random.pick(&["%{ if ", "%{~ if "]);
                let (condition, yes) = (self.of('b', depth.saturating_sub(1)), self.plain());
                format!("{open}{condition} }}{yes}%{{ else ~}} {} %{{ endif }}", self.plain())
            }
            1 => {
                let (collection, inner) = self.collection(depth);
                let name = self.bind(inner);
                let body = self.of('s', depth.saturating_sub(1));
                self.bound.pop();
                format!("%{{ for {name} in {collection} }}<${{{body}}}>%{{ endfor }}")
            }
            2 => self.plain().to_owned(),
            3 => format!(" ${{~ {} ~}} ", self.of('s', depth)),
            4 => format!("${{{}}}", self.of('n', depth)),
            5 => format!("${{{}}}", self.of('b', depth)),
            _ => format!("${{{}}}", self.of('s', depth)),
        }
    }

    fn plain(&mut self) -> &'static str {
        self.random.pick(&["x", " - ", "é", "\\n", "$${a}", "%%{b}", "1", "", "-", "a/b", "\\u0301"])
    }

    fn sequence(&mut self, kind: char, depth: usize) -> String {
        let element = match kind {
            'l' => 's',
            'k' => 'n',
            _ => 'x',
        };
        match self.random.below(6) {
            0 | 1 => self.for_tuple(element, depth),
            2 => format!("{}[*].{}", self.leaf('O'), self.random.pick(&["a", "b"])),
            3 => format!("{}[*]", self.primary('x', depth)),
            _ => {
                let elements: Vec<String> =
                    (0..self.random.below(4)).map(|_| self.of(element, depth)).collect();
                let tuple = format!("[{}]", elements.join(", "));
                if kind != 't' && self.random.once_in(2) { format!("tolist({tuple})") } else { tuple }
            }
        }
    }

    fn for_tuple(&mut self, element: char, depth: usize) -> String {
        let (collection, inner) = self.collection(depth);
        let name = self.bind(inner);
        let body = self.of(element, depth);
        let condition =
            if self.random.once_in(3) { format!(" if {}", self.of('b', depth)) } else { String::new() };
        self.bound.pop();
        format!("[for {name} in {collection} : {body}{condition}]")
    }

    /// Something to iterate over and the kind of its elements.
    fn collection(&mut self, depth: usize) -> (String, char) {
        let (kind, inner) =
            self.random.pick(&[('l', 's'), ('k', 'n'), ('e', 's'), ('m', 's'), ('t', 'x'), ('O', 'o')]);
        (self.primary(kind, depth.saturating_sub(1)), inner)
    }

    fn bind(&mut self, kind: char) -> String {
        let name = format!("v{}", self.bound.len());
        self.bound.push((name.clone(), kind));
        name
    }

    fn mapping(&mut self, depth: usize) -> String {
        if self.random.once_in(3) {
            let (collection, inner) = self.collection(depth);
            let name = self.bind(inner);
            let (key, value) = (self.of('s', depth), self.of('x', depth));
            let group = self.random.pick(&["", "..."]);
            let condition =
                if self.random.once_in(3) { format!(" if {}", self.of('b', depth)) } else { String::new() };
            self.bound.pop();
            return format!("{{for k, {name} in {collection} : {key} => {value}{group}{condition}}}");
        }
        let names = ["a", "b", "\"k\"", "\"with space\"", "5"];
        let items: Vec<String> = (0..self.random.below(4))
            .map(|_| match self.random.below(6) {
                0 => format!("({}) = {}", self.of('s', depth), self.of('x', depth)),
                _ => format!("{} = {}", self.random.pick(&names), self.of('x', depth)),
            })
            .collect();
        let object = format!("{{ {} }}", items.join(", "));
        if self.random.once_in(4) { format!("tomap({object})") } else { object }
    }

    /// An expression that an operator can take as it is.
    fn operand(&mut self, kind: char, depth: usize) -> String {
        let text = self.of(kind, depth);
        if is_primary(&text) { text } else { format!("({text})") }
    }

    /// An expression that `.` and `[` can follow.
    fn primary(&mut self, kind: char, depth: usize) -> String {
        let text = self.of(kind, depth);
        if is_primary(&text) && !text.starts_with('-') { text } else { format!("({text})") }
    }
}

/// A name, a number, or something in brackets of its own.
fn is_primary(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_') && !text.is_empty()
}

/// Whether a result of one kind serves as another.
fn gives(returns: char, wanted: char) -> bool {
    returns == wanted
        || match wanted {
            'x' => true,
            'c' => "lkemot".contains(returns),
            'l' | 'k' | 't' => returns == 'T',
            _ => false,
        }
}

fn leaves(kind: char) -> &'static [&'static str] {
    match kind {
        'b' => &[
            "true",
            "false",
            "var.t",
            "var.f",
            "module.unk.bool",
            "var.sbool",
            "null",
            "\"true\"",
            "\"yes\"",
        ],
        'n' => &[
            "0",
            "1",
            "-1",
            "2.5",
            "10",
            "1e3",
            "0.1",
            "100",
            "var.zero",
            "var.two",
            "var.pi",
            "var.neg",
            "var.big",
            "module.unk.number",
            "var.snum",
            "var.nullnum",
            "\"7\"",
            "null",
            "3",
            "1000000007",
            "0.3333333333",
        ],
        's' => &[
            "\"\"",
            "\"a\"",
            "\"b\"",
            "\"k\"",
            "\"x,y\"",
            "\"true\"",
            "\"12\"",
            "\"é\"",
            "\"\\n\"",
            "\"a\\tb\"",
            "var.empty",
            "var.hello",
            "var.digits",
            "var.accent",
            "var.lines",
            "module.unk.string",
            "var.sstr",
            "local.usens",
            "var.nullstr",
            "local.uprefix",
            "null",
            "\"Hello World\"",
            "\"%s\"",
            "\"foo-bar_baz\"",
        ],
        'l' => &[
            "var.strings",
            "var.none",
            "var.slist",
            "module.unk.list_string",
            "local.ulist",
            "local.plist",
            "[]",
            "var.nulllist",
            "[\"a\", \"b\"]",
            "[\"b\", 1, true]",
            "tolist([\"x\"])",
            "[null]",
            "null",
        ],
        'k' => &[
            "var.numbers",
            "[1, 2, 3]",
            "[]",
            "module.unk.list_number",
            "[3, null]",
            "[\"1\", 2]",
            "range(3)",
        ],
        'N' => &[
            "var.nested",
            "[[\"a\"], [\"b\", \"c\"]]",
            "[[], [1]]",
            "[var.strings, local.ulist]",
            "[[[1]], 2]",
        ],
        'e' => &[
            "var.set",
            "module.unk.set_string",
            "toset([])",
            "toset([\"a\", \"b\"])",
            "var.numset",
            "toset([module.unk.string, \"a\"])",
            "toset([var.sstr])",
        ],
        'm' => &[
            "var.map",
            "var.smap",
            "var.nullmap",
            "module.unk.map_string",
            "{}",
            "{ a = \"1\", k = \"2\" }",
            "var.nummap",
            "tomap({ a = \"m\" })",
            "null",
        ],
        'o' => &[
            "var.obj",
            "local.partly",
            "local.uobj",
            "module.unk.obj",
            "var.nullobj",
            "{ a = 1, b = \"x\" }",
            "{}",
            "{ a = [1], b = { c = true } }",
            "local.deep",
        ],
        'O' => &[
            "var.objs",
            "module.unk.objs",
            "[local.uobj, var.obj]",
            "[{ a = 1 }, { a = 2, b = 3 }]",
            "var.obj",
            "[]",
        ],
        't' => &[
            "var.tup",
            "local.mixed",
            "module.unk.tup",
            "[]",
            "[1, \"a\", null]",
            "[var.sstr, 1]",
            "[[1], { a = 2 }]",
        ],
        'X' => &[
            "local.unk",
            "null",
            "local.mixed",
            "local.deep",
            "sensitive(local.unk)",
            "[local.unk]",
            "{ a = local.unk }",
        ],
        'i' => &["0", "1", "2", "-1", "5", "var.two", "module.unk.number", "16", "0.5", "null", "var.snum"],
        'R' => &[
            "\"[a-z]+\"",
            "\"(?P<first>\\\\w)(?P<rest>\\\\w*)\"",
            "\"(a)|(b)\"",
            "\"^$\"",
            "\"\\\\d+\"",
            "\"(\"",
            "\".\"",
            "\"\"",
            "\"(?i)HELLO\"",
            "\"[[:alpha:]]+\"",
            "\"\\\\bw\"",
            "module.unk.string",
            "\"o*\"",
            "var.sstr",
        ],
        'D' => &[
            "\"2018-01-02T23:12:01Z\"",
            "\"2024-02-29T00:00:00+05:30\"",
            "\"2017-11-22T00:00:00-08:00\"",
            "\"2017-11-22\"",
            "\"2024-12-31T23:59:59.123Z\"",
            "module.unk.string",
            "\"0001-01-01T00:00:00Z\"",
            "\"2023-02-29T00:00:00Z\"",
        ],
        'F' => &[
            "\"DD MMM YYYY hh:mm ZZZ\"",
            "\"EEEE, DD-MMM-YY hh:mm:ss ZZZ\"",
            "\"h 'o''clock' AA\"",
            "\"YYYYMMDDhhmmss\"",
            "\"EEE M D H:m:s aa ZZZZ ZZZZZ Z\"",
            "\"'\"",
            "\"Q\"",
            "\"\"",
        ],
        'U' => &[
            "\"1h\"",
            "\"-10m\"",
            "\"1h30m15.5s\"",
            "\"1d\"",
            "\"\"",
            "\"100000h\"",
            "\"5ms\"",
            "\"1us\"",
            "\"0\"",
        ],
        'A' => &[
            "\"10.0.0.0/8\"",
            "\"192.168.1.0/24\"",
            "\"172.16.5.4/12\"",
            "\"fd00::/8\"",
            "\"2001:db8::/32\"",
            "\"10.0.0.0\"",
            "\"0.0.0.0/0\"",
            "\"::/0\"",
            "\"10.0.0.0/33\"",
            "module.unk.string",
            "\"10.1.2.3/32\"",
            "\"010.0.0.0/8\"",
        ],
        'E' => &[
            "\"aGVsbG8=\"",
            "\"aGVsbG8\"",
            "\"\"",
            "\"/+8=\"",
            "\"!\"",
            "\"w6k=\"",
            "\"aGVs\\nbG8=\"",
            "module.unk.string",
        ],
        'J' => &[
            "\"{\\\"a\\\": [1, 2.50, null]}\"",
            "\"[]\"",
            "\"1e2\"",
            "\"\\\"x\\\"\"",
            "\"{\"",
            "\"{\\\"a\\\":1,\\\"a\\\":2}\"",
            "\"\"",
            "\" true \"",
            "\"-0\"",
            "\"{} x\"",
            "\"\\\"\\\\u00e9\\\"\"",
            "module.unk.string",
            "\"[1,]\"",
            "\"01\"",
            "local.uprefix",
        ],
        'Y' => &[
            "\"a: |-\\n  5\\nb: >-\\n  true\"",
            "\"a: |+\\n  x\\n\\n\"",
            "\"- >\\n  a\\n  b\\n\\n  c\\n- d\"",
            "\"a: |+\\n  x\"",
            "\"a: 1\\nb: [x, 'y', true]\"",
            "\"- 1\\n- 0x1F\\n- 0o7\\n- 1_000\"",
            "\"~\"",
            "\"yes\"",
            "\"a: &x 1\\nb: *x\"",
            "\"{a: 1.5e3, b: .inf}\"",
            "\"|\\n  block\\n  text\"",
            "\"a: |-\\n  5\\nb: >-\\n  true\"",
            "\"a: |+\\n  x\\n\\n\"",
            "\"- >\\n  a\\n  b\\n\\n  c\\n- d\"",
            "\"a:\\n- b\\n-  - c\"",
            "\"2001-12-14\"",
            "\"!!str 5\"",
            "\"a: b: c\"",
            "\"\"",
            "\"'it''s'\"",
            "\"<<: {a: 1}\\nb: 2\"",
            "\"--- 1\\n--- 2\"",
            "module.unk.string",
            "\"? a\\n: b\"",
        ],
        'V' => &[
            "\"a,b\\n1,2\\n3,4\"",
            "\"a\\n\\\"x\\ny\\\"\"",
            "\"a,b\\n1\"",
            "\"\"",
            "\"a,a\\n1,2\"",
            "\"a;b\"",
            "\"a\\n\"",
            "\"a\\n \\\"q\\\"\"",
        ],
        'P' => &[
            "\"%s-%d\"",
            "\"%5.2f|%-5s|%05d\"",
            "\"%v %#v\"",
            "\"%t\"",
            "\"%q\"",
            "\"%x %X %o %b\"",
            "\"%%\"",
            "\"%\"",
            "\"%z\"",
            "\"%[2]s %[1]s\"",
            "\"%+d\"",
            "\"%e %g\"",
            "\"plain\"",
            "\"%*d\"",
            "\"%s\"",
            "\"%.3s\"",
            "\"%10s|\"",
            "\"% d\"",
            "\"%c\"",
        ],
        'Z' => &["local.tpl", "var.hello", "module.unk.string", "var.sstr"],
        'Q' => &["\"UTF-8\"", "\"UTF-16LE\"", "\"windows-1252\"", "\"latin1\"", "\"nope\"", "\"shift_jis\""],
        _ => &["null"],
    }
}
