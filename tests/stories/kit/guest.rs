//! Plugins made from WebAssembly text: a component that exports `inlay:plugin/manifest`, `actions` and `loaders`, with
//! whatever core code a story needs. It takes milliseconds, where a Rust plugin takes a build.
//!
//! ```text
//! Guest::new("hello").bytes()                                  // answers {"result": "hello"} to hello.go
//! Guest::new("mean").handle("(loop $l (br $l)) unreachable")   // never ends
//! Guest::new("state").imports(&["state"]).needs(&["workspace"]).handle(&guest::put("key", "1"))
//! ```
//!
//! Core code sees: `(local $call i32)`, a pointer to the call; the memory; `$ok` (a good answer), `$say ptr len` (a good
//! answer with that data), `$fail` (a refusal), `$render w_ptr w_len d_ptr d_len`, all giving what `handle` gives; the
//! imported functions `$open`, `$put`, `$get`, `$add`, `$drop`, `$emit`, `$log`, `$config`. Addresses below 1024 are scratch.
use serde_json::{Value, json};

/// Where texts of the module lie; below is scratch space.
const TEXTS: usize = 4096;
const PAGE: usize = 65_536;

/// A plugin to be made. Parts that are not set behave well.
#[derive(Clone)]
pub struct Guest {
    name: String,
    /// The manifest, as text: it may be a lie.
    manifest: String,
    imports: Vec<&'static str>,
    handle: String,
    load: String,
    describe: Option<String>,
    realloc: Option<String>,
    after: String,
    /// More items of the core module, such as functions and tables.
    items: String,
    /// More items of the component.
    component: String,
    texts: Vec<String>,
    pages: Option<usize>,
}

impl Guest {
    /// A well-behaved plugin `NAME` 1.0.0 with the action `NAME.go` and the query `NAME.ask`.
    pub fn new(name: &str) -> Guest {
        let manifest = json!({
            "plugin": {"id": format!("dev.test.{name}"), "name": name, "version": "1.0.0"},
            "actions": [{"name": format!("{name}.go"), "auth": "public"}],
            "queries": [{"name": format!("{name}.ask")}],
        });
        let text = Value::String(name.to_owned()).to_string();
        Guest {
            name: name.to_owned(),
            manifest: manifest.to_string(),
            imports: Vec::new(),
            handle: "(call $ok)".into(),
            load: "(call $loaded)".into(),
            describe: None,
            realloc: None,
            after: String::new(),
            items: String::new(),
            component: String::new(),
            texts: vec![text],
            pages: None,
        }
    }

    /// Puts members into the manifest, in place of those that are there.
    pub fn manifest(mut self, members: Value) -> Guest {
        let mut whole: Value = serde_json::from_str(&self.manifest).expect("the manifest was JSON until now");
        for (key, value) in members.as_object().expect("members") {
            whole[key] = value.clone();
        }
        self.manifest = whole.to_string();
        self
    }

    pub fn version(self, version: &str) -> Guest {
        let name = self.name.clone();
        self.manifest(json!({"plugin": {"id": format!("dev.test.{name}"), "name": name, "version": version}}))
    }

    /// Text in place of the manifest, JSON or not.
    pub fn manifest_text(mut self, text: impl Into<String>) -> Guest {
        self.manifest = text.into();
        self
    }

    /// Of "state", "events", "config", "log".
    pub fn imports(mut self, interfaces: &[&'static str]) -> Guest {
        self.imports.extend(interfaces);
        self
    }

    /// Scopes of data that the manifest asks for.
    pub fn needs(self, scopes: &[&str]) -> Guest {
        self.manifest(json!({"needs": {"state": scopes}}))
    }

    /// Core code of `handle`; it leaves the address of the answer.
    pub fn handle(mut self, code: impl Into<String>) -> Guest {
        self.handle = code.into();
        self
    }

    /// Core code of `load`.
    pub fn load(mut self, code: impl Into<String>) -> Guest {
        self.load = code.into();
        self
    }

    /// Core code of `describe`; it leaves the address of a pointer and a length.
    pub fn describe(mut self, code: impl Into<String>) -> Guest {
        self.describe = Some(code.into());
        self
    }

    /// Core code of `realloc (old i32) (old_size i32) (align i32) (size i32)`; it leaves an address.
    pub fn realloc(mut self, code: impl Into<String>) -> Guest {
        self.realloc = Some(code.into());
        self
    }

    /// Core code of the function that runs after an answer was read.
    pub fn after(mut self, code: impl Into<String>) -> Guest {
        self.after = code.into();
        self
    }

    /// Items of the core module: functions, tables, memories, a start function.
    pub fn items(mut self, text: impl Into<String>) -> Guest {
        self.items.push_str(&text.into());
        self
    }

    /// Items of the component, at its beginning: imports, modules.
    pub fn component(mut self, text: impl Into<String>) -> Guest {
        self.component.push_str(&text.into());
        self
    }

    /// A text in memory; `$text0` is the good answer, the first of yours is `$text1`: `(call $say (call $text1))`.
    pub fn text(mut self, text: impl Into<String>) -> Guest {
        self.texts.push(text.into());
        self
    }

    /// Pages of memory from the beginning.
    pub fn pages(mut self, pages: usize) -> Guest {
        self.pages = Some(pages);
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let wat = self.wat();
        wat::parse_str(&wat).unwrap_or_else(|error| panic!("{error}\n{wat}"))
    }

    pub fn wat(&self) -> String {
        let mut data = String::new();
        let mut functions = String::new();
        let mut at = TEXTS;
        let describe = ("manifest".to_owned(), &self.manifest);
        let texts = self.texts.iter().enumerate().map(|(n, text)| (format!("text{n}"), text));
        for (name, text) in std::iter::once(describe).chain(texts) {
            data.push_str(&format!("(data (i32.const {at}) \"{}\")\n", escaped(text)));
            let length = text.len();
            functions.push_str(&format!("(func ${name} (result i32 i32) (i32.const {at}) (i32.const {length}))\n"));
            at += length.next_multiple_of(8).max(8);
        }
        let pages = self.pages.unwrap_or_else(|| at.div_ceil(PAGE) + 1);
        let bump = "(local $at i32)
            (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
            (global.set $next (i32.add (local.get $at) (local.get $size)))
            (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536)))
              (then (drop (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get $size) (i32.const 65536)))))))
            (local.get $at)";
        let describe = self.describe.as_deref().unwrap_or("(call $pair (call $manifest))");
        let realloc = self.realloc.as_deref().unwrap_or(bump);
        let (handle, load, after, items) = (&self.handle, &self.load, &self.after, &self.items);
        let has = |name: &str| self.imports.contains(&name);
        let parts: Vec<&Import> = IMPORTS.iter().filter(|import| has(import.name)).collect();
        let join = |part: fn(&Import) -> &'static str| parts.iter().map(|i| part(i)).collect::<Vec<_>>().join("\n");
        let (instances, lowered) = (join(|i| i.instance), join(|i| i.lowered));
        let (handed, taken) = (join(|i| i.handed), join(|i| i.taken));
        let component = &self.component;
        format!(
            r#"(component
{component}
{TYPES}
{instances}
(core module $memory
  (memory (export "memory") {pages})
  (global $next (mut i32) (i32.const {at}))
  (func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    {realloc}))
(core instance $memory (instantiate $memory))
(alias core export $memory "memory" (core memory $mem))
(alias core export $memory "realloc" (core func $realloc))
{lowered}
(core module $code
  (import "env" "memory" (memory 0))
  {taken}
  {data}
  {functions}
  {ANSWERS}
  {items}
  (func (export "describe") (result i32) {describe})
  (func (export "handle") (param $call i32) (result i32) {handle})
  (func (export "load") (param $call i32) (result i32) {load})
  (func (export "after") (param i32) {after}))
(core instance $code (instantiate $code (with "env" (instance
  (export "memory" (memory $mem))
  {handed}))))
{EXPORTS})"#
        )
    }
}

fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\' || b == b' ';
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("\\{b:02x}") }).collect()
}

/// Core code that opens `scope` ("visitor", "workspace" …) and leaves nothing; the bucket's handle is in `$bucket`.
/// Needs `(local $bucket i32)` at the beginning of the code.
pub fn open(scope: &str) -> String {
    format!(
        "{} (call $open (i32.const 16) (i32.const {}) (i32.const 64)) (local.set $bucket (i32.load (i32.const 68)))",
        store(16, scope),
        scope.len()
    )
}

/// Core code that puts a value under a key of `$bucket`.
pub fn put(key: &str, value: &str) -> String {
    let (key_code, value_code) = (store(128, key), store(512, value));
    format!(
        "{key_code} {value_code} (call $put (local.get $bucket) (i32.const 128) (i32.const {}) (i32.const 512) \
         (i32.const {}) (i32.const 0) (i64.const 0) (i32.const 64))",
        key.len(),
        value.len()
    )
}

/// Core code that looks up a key of `$bucket`: at 68 stands whether there is a value, at 72 and 76 its address and length.
pub fn get(key: &str) -> String {
    let length = key.len();
    let code = store(128, key);
    format!("{code} (call $get (local.get $bucket) (i32.const 128) (i32.const {length}) (i32.const 64))")
}

/// Core code that adds to a number under a key of `$bucket`.
pub fn add(key: &str, by: i64) -> String {
    format!(
        "{} (call $add (local.get $bucket) (i32.const 128) (i32.const {}) (i64.const {by}) (i32.const 0) (i64.const 0) \
         (i32.const 0) (i64.const 0) (i32.const 64))",
        store(128, key),
        key.len()
    )
}

/// Core code that writes a short text into memory.
pub fn store(at: usize, text: &str) -> String {
    let bytes = text.bytes().enumerate();
    bytes.map(|(n, b)| format!("(i32.store8 (i32.const {}) (i32.const {b}))", at + n)).collect::<Vec<_>>().join(" ")
}

/// The frozen records, as a component of the Rust SDK imports them.
const TYPES: &str = r#"
(import "inlay:plugin/types@1.0.0" (instance $types
  (type $failure (record (field "code" string) (field "message" string) (field "detail" (option string))
    (field "retryable" bool)))
  (export "failure" (type (eq $failure)))
  (type $pair (tuple string string))
  (type $call (record (field "name" string) (field "input" string) (field "id" string) (field "workspace" string)
    (field "thread" (option string)) (field "visitor" string) (field "locale" string) (field "now-ms" u64)
    (field "attempt" u32) (field "extra" (list $pair))))
  (export "call" (type (eq $call)))
  (type $render (record (field "widget" string) (field "data" string) (field "mode" string)))
  (export "render" (type $render' (eq $render)))
  (type $reply (record (field "render" (option $render')) (field "data" (option string))
    (field "extra" (list $pair))))
  (export "reply" (type (eq $reply)))))
(alias export $types "failure" (type $failure))
(alias export $types "call" (type $call))
(alias export $types "reply" (type $reply))"#;

struct Import {
    name: &'static str,
    instance: &'static str,
    lowered: &'static str,
    handed: &'static str,
    taken: &'static str,
}

const IMPORTS: &[Import] = &[
    Import {
        name: "state",
        instance: r#"(import "inlay:plugin/state@1.0.0" (instance $state
  (alias outer 1 $failure (type $f))
  (export "failure" (type $failure (eq $f)))
  (export "bucket" (type $bucket (sub resource)))
  (export "open" (func (param "scope" string) (result (result (own $bucket) (error $failure)))))
  (export "[method]bucket.get" (func (param "self" (borrow $bucket)) (param "key" string)
    (result (result (option string) (error $failure)))))
  (export "[method]bucket.put" (func (param "self" (borrow $bucket)) (param "key" string) (param "value" string)
    (param "ttl-s" (option u64)) (result (result (error $failure)))))
  (export "[method]bucket.add" (func (param "self" (borrow $bucket)) (param "key" string) (param "delta" s64)
    (param "min" (option s64)) (param "max" (option s64)) (result (result (error $failure)))))))
(alias export $state "bucket" (type $bucket))"#,
        lowered: r#"(core func $open (canon lower (func $state "open") (memory $mem) (realloc $realloc)))
(core func $get (canon lower (func $state "[method]bucket.get") (memory $mem) (realloc $realloc)))
(core func $put (canon lower (func $state "[method]bucket.put") (memory $mem) (realloc $realloc)))
(core func $add (canon lower (func $state "[method]bucket.add") (memory $mem) (realloc $realloc)))
(core func $drop (canon resource.drop $bucket))"#,
        handed: r#"(export "open" (func $open)) (export "get" (func $get)) (export "put" (func $put))
(export "add" (func $add)) (export "drop" (func $drop))"#,
        taken: r#"(import "env" "open" (func $open (param i32 i32 i32)))
(import "env" "get" (func $get (param i32 i32 i32 i32)))
(import "env" "put" (func $put (param i32 i32 i32 i32 i32 i32 i64 i32)))
(import "env" "add" (func $add (param i32 i32 i32 i64 i32 i64 i32 i64 i32)))
(import "env" "drop" (func $drop (param i32)))"#,
    },
    Import {
        name: "events",
        instance: r#"(import "inlay:plugin/events@1.0.0" (instance $events
  (alias outer 1 $failure (type $f))
  (export "failure" (type $failure (eq $f)))
  (export "emit" (func (param "topic" string) (param "payload" string) (param "audience" string)
    (result (result (error $failure)))))))"#,
        lowered: r#"(core func $emit (canon lower (func $events "emit") (memory $mem) (realloc $realloc)))"#,
        handed: r#"(export "emit" (func $emit))"#,
        taken: r#"(import "env" "emit" (func $emit (param i32 i32 i32 i32 i32 i32 i32)))"#,
    },
    Import {
        name: "config",
        instance: r#"(import "inlay:plugin/config@1.0.0" (instance $config
  (export "get" (func (param "key" string) (result (option string))))))"#,
        lowered: r#"(core func $config (canon lower (func $config "get") (memory $mem) (realloc $realloc)))"#,
        handed: r#"(export "config" (func $config))"#,
        taken: r#"(import "env" "config" (func $config (param i32 i32 i32)))"#,
    },
    Import {
        name: "log",
        instance: r#"(import "inlay:plugin/log@1.0.0" (instance $log
  (export "write" (func (param "level" string) (param "message" string) (param "fields" (list (tuple string string)))))))"#,
        lowered: r#"(core func $log (canon lower (func $log "write") (memory $mem) (realloc $realloc)))"#,
        handed: r#"(export "log" (func $log))"#,
        taken: r#"(import "env" "log" (func $log (param i32 i32 i32 i32 i32 i32)))"#,
    },
];

/// Answers at address 256: `result<reply, failure>` takes 52 bytes there, `result<json, failure>` less.
const ANSWERS: &str = r#"
(func $clear (memory.fill (i32.const 256) (i32.const 0) (i32.const 64)))
(func $pair (param $ptr i32) (param $len i32) (result i32)
  (i32.store (i32.const 256) (local.get $ptr)) (i32.store (i32.const 260) (local.get $len)) (i32.const 256))
(func $say (param $ptr i32) (param $len i32) (result i32)
  (call $clear)
  (i32.store (i32.const 288) (i32.const 1))
  (i32.store (i32.const 292) (local.get $ptr)) (i32.store (i32.const 296) (local.get $len)) (i32.const 256))
(func $ok (result i32) (call $say (call $text0)))
(func $render (param $w i32) (param $w_len i32) (param $d i32) (param $d_len i32) (result i32)
  (call $clear)
  (i32.store (i32.const 260) (i32.const 1))
  (i32.store (i32.const 264) (local.get $w)) (i32.store (i32.const 268) (local.get $w_len))
  (i32.store (i32.const 272) (local.get $d)) (i32.store (i32.const 276) (local.get $d_len))
  (i32.const 256))
(func $fail (param $ptr i32) (param $len i32) (result i32)
  (call $clear)
  (i32.store (i32.const 256) (i32.const 1))
  (i32.store (i32.const 260) (local.get $ptr)) (i32.store (i32.const 264) (local.get $len))
  (i32.store (i32.const 268) (local.get $ptr)) (i32.store (i32.const 272) (local.get $len)) (i32.const 256))
(func $answer (param $ptr i32) (param $len i32) (result i32)
  (call $clear)
  (i32.store (i32.const 260) (local.get $ptr)) (i32.store (i32.const 264) (local.get $len)) (i32.const 256))
(func $loaded (result i32) (call $answer (call $text0)))"#;

const EXPORTS: &str = r#"
(func $describe (result string)
  (canon lift (core func $code "describe") (memory $mem) (realloc $realloc) (post-return (core func $code "after"))))
(func $handle (param "c" $call) (result (result $reply (error $failure)))
  (canon lift (core func $code "handle") (memory $mem) (realloc $realloc) (post-return (core func $code "after"))))
(func $load (param "c" $call) (result (result string (error $failure)))
  (canon lift (core func $code "load") (memory $mem) (realloc $realloc) (post-return (core func $code "after"))))
(instance $manifest (export "describe" (func $describe)))
(instance $actions (export "handle" (func $handle)))
(instance $loaders (export "load" (func $load)))
(export "inlay:plugin/manifest@1.0.0" (instance $manifest))
(export "inlay:plugin/actions@1.0.0" (instance $actions))
(export "inlay:plugin/loaders@1.0.0" (instance $loaders))"#;

#[test]
fn the_text_is_a_component() {
    let all = Guest::new("all").imports(&["state", "events", "config", "log"]).needs(&["workspace"]);
    let code = format!("(local $bucket i32) {} {} {} (call $ok)", open("workspace"), put("k", "1"), add("n", 1));
    assert!(all.handle(code).bytes().starts_with(b"\0asm\x0d\0\x01\0"));
    let strange = Guest::new("strange").version("2.0.0").text("[]").load("(call $answer (call $text1))").pages(9);
    let strange = strange.describe("(call $pair (call $text1))").realloc("unreachable").after("unreachable");
    let strange = strange.items("(func $more)").component("(core module)").manifest_text("no JSON");
    assert!(strange.bytes().starts_with(b"\0asm\x0d\0\x01\0"));
}
