//! Files that are refused: junk, files of other kinds, real components with something turned around, too much of
//! something, imports that nobody gives, and manifests that lie.
use super::bytes::{self, component};
use crate::kit::{Guest, wasm};
use serde_json::{Value, json};

/// A file, and words that the refusal must hold.
pub struct Bad {
    pub name: String,
    pub bytes: Vec<u8>,
    pub words: &'static [&'static str],
}

fn bad(name: &str, bytes: impl Into<Vec<u8>>, words: &'static [&'static str]) -> Bad {
    Bad { name: name.to_owned(), bytes: bytes.into(), words }
}

/// Text of a component that may be invalid, but can be written.
fn wat(name: &str, text: &str, words: &'static [&'static str]) -> Bad {
    bad(name, wat::parse_str(text).unwrap_or_else(|error| panic!("{name}: {error}")), words)
}

pub fn all() -> Vec<Bad> {
    let mut all = Vec::new();
    all.extend(junk());
    all.extend(altered());
    all.extend(too_much());
    all.extend(bombs());
    all.extend(imports());
    all.extend(ends());
    all.extend(manifests());
    all
}

fn junk() -> Vec<Bad> {
    let random: Vec<u8> = bytes::random(64 * 1024).collect();
    vec![
        bad("nothing", [], &[]),
        bad("random bytes", random, &["not a .wasm"]),
        bad("zeros", vec![0; 1 << 20], &["not a .wasm"]),
        bad("the text format", "(component)", &["WebAssembly text"]),
        bad("the text format after a comment line", "\n\t (module)", &["WebAssembly text"]),
        bad("a core module", wat::parse_str("(module (func (export \"run\")))").expect("a module"), &["core module"]),
        bad("machine code", [b"\x7fELF".as_slice(), &[0; 4096]].concat(), &["precompiled"]),
        bad("machine code of this very engine", bytes::precompiled(&Guest::new("code").bytes()), &["precompiled"]),
        bad("a zip archive", b"PK\x03\x04zipped".as_slice(), &["zip"]),
        bad("a compressed file", b"\x1f\x8b\x08compressed".as_slice(), &["compressed"]),
        bad("a page", "<!doctype html><script>alert(1)</script>", &["not a .wasm"]),
        bad("a picture", b"\x89PNG\r\n\x1a\n".as_slice(), &["not a .wasm"]),
        bad("a manifest alone", "{\"plugin\": {}}", &["not a .wasm"]),
        bad("a header alone", b"\0asm".as_slice(), &["parsed"]),
        bad("a version that is not there yet", b"\0asm\xff\xff\x01\x00".as_slice(), &["parsed"]),
    ]
}

fn altered() -> Vec<Bad> {
    let good = wasm::misbehave();
    let twice = [good, good].concat();
    let mut all = vec![
        bad("half of a component", &good[..good.len() / 2], &["parsed", "valid"]),
        bad("all but the last byte", &good[..good.len() - 1], &["parsed", "valid"]),
        bad("two components in a row", twice, &["parsed", "valid"]),
        bad("a component and a tail", [good, b"tail"].concat(), &["parsed", "valid"]),
    ];
    for step in [31, 97, 1009, 4001] {
        let turned =
            good.iter().enumerate().map(|(n, b)| if n > 8 && n % step == 0 { !b } else { *b }).collect::<Vec<u8>>();
        all.push(bad(
            &format!("every {step}th byte turned around"),
            turned,
            &["parsed", "valid", "more than", "at most"],
        ));
    }
    all
}

fn too_much() -> Vec<Bad> {
    let many = |item: &str, number: usize| item.repeat(number);
    let module = |items: &str| format!("(component (core module {items}))");
    let numbered =
        |item: &str, number: usize| (0..number).map(|n| item.replace('#', &n.to_string())).collect::<String>();
    vec![
        wat("a thousand modules", &format!("(component {})", many("(core module)", 1000)), &["core modules"]),
        wat("a thousand components", &format!("(component {})", many("(component)", 1000)), &["components"]),
        wat(
            "a thousand instances",
            &format!("(component (core module $m) {})", many("(core instance (instantiate $m))", 1000)),
            &["instances"],
        ),
        bad("ten thousand components in one another", bytes::nested(10_000), &["nested"]),
        bad("one big function", bytes::functions(1, &[1; 300_000]), &["a function has"]),
        bad("many functions", bytes::functions(20_001, &[]), &["functions"]),
        wat("many types", &format!("(component {})", many("(type string)", 20_001)), &["types"]),
        wat("many imports", &module(&many("(import \"a\" \"b\" (func))", 10_001)), &["imports"]),
        wat(
            "many exports",
            &module(&format!("(func $f) {}", numbered("(export \"e#\" (func $f))", 20_001))),
            &["exports"],
        ),
        wat(
            "many data segments",
            &module(&format!("(memory 1) {}", many("(data (i32.const 0) \"\")", 20_001))),
            &["data segments"],
        ),
        wat(
            "many element segments",
            &module(&format!("(table 1 funcref) (func $f) {}", many("(elem (i32.const 0) $f)", 20_001))),
            &["element"],
        ),
        wat("many globals", &module(&many("(global i32 (i32.const 0))", 10_001)), &["globals"]),
        wat("a memory of 4 GiB", &module("(memory 65536)"), &["MiB of memory"]),
        wat("many memories", &module(&many("(memory 1)", 17)), &["memories"]),
        wat("a table of four billion", &module("(table 4000000000 funcref)"), &["a table has"]),
        wat("many tables", &module(&many("(table 1 funcref)", 33)), &["tables"]),
        bad("debug information of 9 MB", component(&[(0, &[5; 9 << 20])]), &["custom sections"]),
        bad(
            "a count that is a lie",
            component(&[(1, b"\0asm\x01\0\0\0\x0a\x05\xff\xff\xff\xff\x0f")]),
            &["parsed", "valid"],
        ),
        wat("a memory of 64 bits", &module("(memory i64 1)"), &["valid"]),
        wat("a shared memory", &module("(memory 1 2 shared)"), &["valid"]),
        wat("objects of a garbage collector", &module("(type (struct (field i32)))"), &["valid"]),
        wat("exceptions", &module("(tag)"), &["valid"]),
    ]
}

/// Small files that ask the compiler for much. All of them lack a manifest, so that they are refused in any case.
fn bombs() -> Vec<Bad> {
    let out: &[&str] = &["to compile", "manifest", "valid", "parsed"];
    let module = |items: &str| format!("(component (core module {items}))");
    // local.get 0, i32.const 7, i32.mul, local.get 0, i32.xor, local.set 0
    let straight = [0x20, 0, 0x41, 7, 0x6c, 0x20, 0, 0x73, 0x21, 0].repeat(22_000);
    let nested = [[2, 0x40].repeat(80_000), [0x0b].repeat(80_000)].concat();
    let table = format!(
        "{} local.get 0 br_table {} 0 {}",
        "block ".repeat(200),
        "0 1 2 3 4 5 6 7 8 9 ".repeat(10_000),
        "end ".repeat(200)
    );
    let live = format!("{} {}", "local.get 0 i32.load ".repeat(20_000), "i32.add ".repeat(19_999));
    let tuple =
        (1..9).map(|n| format!("(type $t{n} (tuple {}))", format!("$t{} ", n - 1).repeat(20))).collect::<String>();
    let lists = (1..2_000).map(|n| format!("(type $t{n} (list $t{}))", n - 1)).collect::<String>();
    vec![
        bad("sixty large functions", bytes::functions(60, &straight), out),
        bad("eighty thousand blocks in one another", bytes::functions(8, &nested), out),
        wat("branch tables", &module(&format!("(func (param i32) {table})").repeat(8)), out),
        wat(
            "twenty thousand values at once",
            &module(&format!("(memory 1) (func (param i32) (result i32) {live})")),
            out,
        ),
        wat(
            "fifty thousand locals",
            &module(&format!("(func (local {}) i32.const 1 local.set 49000)", "i32 ".repeat(50_000))),
            out,
        ),
        bad("twenty thousand small functions", bytes::functions(20_000, &[0x20, 0, 0x41, 3, 0x6c, 0x1a]), out),
        wat("a tuple of tuples of tuples", &format!("(component (type $t0 (tuple u8)) {tuple})"), &["valid"]),
        wat("a list of lists of lists", &format!("(component (type $t0 (list u8)) {lists})"), &["valid", "manifest"]),
    ]
}

fn imports() -> Vec<Bad> {
    let instance = |name: &str| Guest::new("wants").component(format!("(import \"{name}\" (instance))")).bytes();
    let asking = |name: &str, words| bad(&format!("wants {name}"), instance(name), words);
    let strange = Guest::new("wants").component(
        "(import \"inlay:plugin/config@1.0.0\" (instance (export \"get\" (func (param \"key\" u32) (result u32)))))",
    );
    vec![
        asking("wasi:sockets/tcp@0.2.0", &["wasi:sockets/tcp@0.2.0", "no network"]),
        asking("wasi:http/outgoing-handler@0.2.0", &["no network"]),
        asking("wasi:keyvalue/store@0.2.0", &["plugins do not have"]),
        asking("wasi:cli/environment@0.3.0", &["WASI 0.2"]),
        asking("inlay:plugin/outbound@1.0.0", &["does not know"]),
        asking("inlay:plugin/log@2.0.0", &["speaks inlay:plugin@1.0.0"]),
        asking("acme:database/sql@1.0.0", &["nobody provides"]),
        bad(
            "wants a function",
            Guest::new("wants").component("(import \"system\" (func))").bytes(),
            &["nobody provides"],
        ),
        bad("wants another shape", strange.bytes(), &["another shape"]),
        bad("uses state without asking", Guest::new("sly").imports(&["state"]).bytes(), &["needs.state"]),
        bad("publishes without asking", Guest::new("sly").imports(&["events"]).bytes(), &["needs.events"]),
    ]
}

/// Ends of the way from instantiation to the manifest.
fn ends() -> Vec<Bad> {
    let guest = || Guest::new("fatal");
    let forever = "(loop $l (br $l)) unreachable";
    let describe = |name: &str, code: &str, words| bad(name, guest().describe(code).bytes(), words);
    let start = |name: &str, code: &str, words| {
        bad(name, guest().items(format!("(func $start {code}) (start $start)")).bytes(), words)
    };
    vec![
        bad("exports nothing", wat::parse_str("(component)").expect("a component"), &["does not export"]),
        start("a start that never ends", "(loop $l (br $l))", &["limit.cpu"]),
        start("a start that traps", "unreachable", &["plugin.trap"]),
        start("a start that recurses", "(call $start)", &["limit.stack"]),
        start(
            "a start that eats memory",
            "(loop $l (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable)) (br $l))",
            &["limit.memory"],
        ),
        describe("describe never ends", forever, &["limit.cpu"]),
        describe("describe traps", "unreachable", &["plugin.trap"]),
        bad(
            "describe recurses",
            guest().items("(func $f (result i32) (call $f))").describe("(call $f)").bytes(),
            &["limit.stack"],
        ),
        describe(
            "a manifest out of memory's bounds",
            "(call $pair (i32.const 4096) (i32.const 4000000))",
            &["describe"],
        ),
        describe("a manifest of four gigabytes", "(call $pair (i32.const 0) (i32.const -1))", &["describe"]),
        describe("a manifest at no address", "(i32.const -4)", &["describe"]),
        describe("a manifest at a crooked address", "(i32.const 257)", &["describe"]),
        describe(
            "a manifest that is no UTF-8",
            "(i32.store (i32.const 4096) (i32.const 0xfffefdfc)) (call $pair (i32.const 4096) (i32.const 4))",
            &["describe"],
        ),
        bad("a clean-up that never ends", guest().after("(loop $l (br $l))").bytes(), &["describe"]),
        bad("a clean-up that traps", guest().after("unreachable").bytes(), &["describe"]),
        bad(
            "a manifest of 64 MB",
            guest().pages(1100).describe("(call $pair (i32.const 0) (i32.const 67108864))").bytes(),
            &["limit."],
        ),
    ]
}

fn manifests() -> Vec<Bad> {
    let text = |name: &str, text: String, words| bad(name, Guest::new("liar").manifest_text(text).bytes(), words);
    let with = |name: &str, members: Value, words| bad(name, Guest::new("liar").manifest(members).bytes(), words);
    let plugin = |about: Value| json!({"plugin": about});
    let names = (0..1_000).map(|n| json!({"name": format!("a{n}")})).collect::<Vec<_>>();
    let action = |input: Value| json!({"actions": [{"name": "liar.go", "input": input}]});
    let widget = |template: &str| json!({"widgets": [{"version": "1.0", "name": "w", "template": template}]});
    vec![
        text("no JSON", "hello".into(), &["not JSON"]),
        text("no manifest", String::new(), &["not JSON"]),
        text("a list", "[]".into(), &["manifest"]),
        text("a hundred thousand brackets", "[".repeat(100_000), &["not JSON"]),
        text("a manifest of 5 MB", format!("{{\"x\": \"{}\"}}", "x".repeat(5 << 20)), &["limit.output", "at most"]),
        text("a manifest of nulls", "\0".repeat(100), &["not JSON"]),
        with("no id", plugin(json!({"version": "1.0.0"})), &["id"]),
        with("an id that is none", plugin(json!({"id": "x", "version": "1.0.0"})), &["plugin.id"]),
        with("a version that is none", plugin(json!({"id": "a.b", "version": "latest"})), &["plugin.version"]),
        with(
            "a name that is a path",
            plugin(json!({"id": "a.b", "version": "1.0.0", "name": "../../etc"})),
            &["plugin.name"],
        ),
        with("actions that are a number", json!({"actions": 7}), &["manifest"]),
        with("a thousand actions", json!({"actions": names}), &["at most"]),
        with("one name twice", json!({"actions": [{"name": "x"}, {"name": "x"}]}), &["twice"]),
        with("a name with a script", json!({"actions": [{"name": "<script>"}]}), &["characters"]),
        with("an action of the shop", json!({"actions": [{"name": "add_to_cart"}]}), &["add_to_cart"]),
        with("a query of the shop", json!({"queries": [{"name": "products"}]}), &["products"]),
        with("an effect that is none", json!({"actions": [{"name": "x", "effect": "maybe"}]}), &["effect"]),
        with("a role that is none", json!({"actions": [{"name": "x", "auth": "root"}]}), &["auth"]),
        with("a scope that is none", json!({"needs": {"state": ["everything"]}}), &["needs.state"]),
        with("a topic that is none", json!({"needs": {"events": ["*"]}}), &["topic"]),
        with("a schema that is none", action(json!({"type": 7})), &["schema"]),
        with("a schema from elsewhere", action(json!({"$ref": "http://127.0.0.1:1/schema.json"})), &["schema"]),
        with(
            "a pattern that would eat memory",
            action(json!({"type": "string", "pattern": "(a{1000}){1000}"})),
            &["schema"],
        ),
        with(
            "defaults that do not fit",
            json!({"config": {"schema": {"required": ["x"]}, "default": {}}}),
            &["default"],
        ),
        with("a widget without a template", json!({"widgets": [{"version": "1.0", "name": "w"}]}), &["template"]),
        with("a widget that does not compile", widget("{% for %}"), &["template", "widget"]),
        with(
            "a test that fails",
            json!({"fixtures": [{"name": "t", "action": "liar.go", "expect": {"data": 1}}]}),
            &["self-test"],
        ),
    ]
}
