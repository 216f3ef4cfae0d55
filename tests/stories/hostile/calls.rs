//! Plugins that are accepted and misbehave when they are called. Most are actions of one plugin: each writes into the
//! workspace first, then does what it should not.
use crate::kit::{Guest, guest};
use serde_json::json;

/// An action, the statuses that its call may end with, and the code or reason that must be in the problem.
pub struct Case {
    pub name: &'static str,
    code: &'static str,
    pub statuses: &'static [u16],
    pub words: &'static [&'static str],
}

const fn case(
    name: &'static str,
    code: &'static str,
    statuses: &'static [u16],
    words: &'static [&'static str],
) -> Case {
    Case { name, code, statuses, words }
}

const LOOP: &str = "(loop $l (br $l)) unreachable";
const TRAP: &[&str] = &["plugin.trap"];
const ABI: &[&str] = &["plugin.abi", "plugin.trap"];
const OUTPUT: &[&str] = &["limit.output", "plugin.abi", "plugin.trap"];

/// Texts of the plugin, `$text1` and so on.
fn texts() -> Vec<String> {
    vec![
        "{\"unclosed\": ".into(),
        "[".repeat(60_000),
        "nobody-has-this".into(),
        "link".into(),
        "strange".into(),
        "crowd".into(),
        json!({"url": "javascript:alert(document.domain)"}).to_string(),
        json!({"n": 100_000}).to_string(),
        "x".repeat(70_000),
        "endless".into(),
    ]
}

fn widgets() -> serde_json::Value {
    let widget = |name: &str, template: &str| json!({"version": "1.0", "name": name, "template": template});
    json!([
        widget(
            "link",
            r#"{"type": "Card", "children": [{"type": "Image", "src": {{ url | tojson }}}, {"type": "Text", "value": "<script>alert(1)</script>"}]}"#
        ),
        widget("strange", r#"{"type": "Iframe", "srcdoc": "<script>alert(1)</script>"}"#),
        widget(
            "crowd",
            r#"{"type": "Card", "children": [{% for i in range(n | default(1)) %}{% if i %},{% endif %}{"type": "Text", "value": "x"}{% endfor %}]}"#
        ),
        widget(
            "endless",
            "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}"
        ),
    ])
}

#[rustfmt::skip]
pub const CASES: &[Case] = &[
    case("unreachable", "unreachable", &[502], TRAP),
    case("division_by_zero", "(i32.div_u (i32.const 1) (i32.const 0))", &[502], TRAP),
    case("overflow", "(i32.trunc_f64_u (f64.const 1e300))", &[502], TRAP),
    case("memory_read_outside", "(i32.load (i32.const -8))", &[502], TRAP),
    case("memory_write_outside", "(i32.store (i32.const -8) (i32.const 1)) (call $ok)", &[502], TRAP),
    case("fill_outside", "(memory.fill (i32.const 0) (i32.const 1) (i32.const -1)) (call $ok)", &[502], TRAP),
    case("call_of_nothing", "(call_indirect $table (result i32) (i32.const 0))", &[502], TRAP),
    case("call_of_another_shape", "(call_indirect $table (result i32) (i32.const 1))", &[502], TRAP),
    case("call_outside_the_table", "(call_indirect $table (result i32) (i32.const 9999))", &[502], TRAP),
    case("loop", LOOP, &[504], &["limit.cpu"]),
    case("loop_with_host_calls", "(loop $l (call $config (i32.const 0) (i32.const 0) (i32.const 64)) (br $l)) unreachable", &[502], &["limit.host-calls"]),
    case("recursion", "(call $deeper (i32.const 0))", &[502], &["limit.stack"]),
    case("memory_bomb", "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable", &[502], &["limit.memory"]),
    case("memory_bomb_at_once", "(if (i32.eq (memory.grow (i32.const 30000)) (i32.const -1)) (then unreachable)) (call $ok)", &[502], &["limit.memory"]),
    case("table_bomb", "(loop $l (br_if $l (i32.ne (table.grow $table (ref.null func) (i32.const 1000)) (i32.const -1)))) unreachable", &[502], &["plugin.trap", "limit"]),
    case("big_answer", "(drop (memory.grow (i32.const 300))) (call $say (i32.const 0) (i32.const 19000000))", &[502], OUTPUT),
    case("answer_longer_than_memory", "(call $say (i32.const 4096) (i32.const -1))", &[502], OUTPUT),
    case("answer_at_no_address", "(i32.const -16)", &[502], ABI),
    case("answer_at_a_crooked_address", "(i32.const 257)", &[502], ABI),
    case("answer_that_is_no_utf8", "(i32.store (i32.const 2048) (i32.const 0xfffefdfc)) (call $say (i32.const 2048) (i32.const 4))", &[502], ABI),
    case("answer_cut_in_a_character", "(i32.store (i32.const 2048) (i32.const 0xa9c3a9)) (call $say (i32.const 2048) (i32.const 2))", &[502], ABI),
    case("no_such_result", "(drop (call $ok)) (i32.store8 (i32.const 256) (i32.const 7)) (i32.const 256)", &[502], ABI),
    case("no_such_option", "(drop (call $ok)) (i32.store8 (i32.const 288) (i32.const 9)) (i32.const 256)", &[502], ABI),
    case("four_billion_pairs", "(drop (call $ok)) (i32.store (i32.const 304) (i32.const -1)) (i32.const 256)", &[502], OUTPUT),
    case("pairs_at_no_address", "(drop (call $ok)) (i32.store (i32.const 300) (i32.const -16)) (i32.store (i32.const 304) (i32.const 4)) (i32.const 256)", &[502], ABI),
    case("a_million_pairs", "(drop (memory.grow (i32.const 260))) (drop (call $ok)) (i32.store (i32.const 300) (i32.const 65536)) (i32.store (i32.const 304) (i32.const 1000000)) (i32.const 256)", &[502], OUTPUT),
    case("no_json", "(call $say (call $text1))", &[502], &["plugin.abi"]),
    case("deep_json", "(call $say (call $text2))", &[502], &["plugin.abi"]),
    case("unknown_widget", "(call $render (call $text3) (call $text8))", &[502], &["widget"]),
    case("widget_data_that_is_no_json", "(call $render (call $text4) (call $text1))", &[502], &["plugin", "widget"]),
    case("endless_widget", "(call $render (call $text10) (call $text8))", &[502], &["widget"]),
    case("unknown_node", "(call $render (call $text5) (call $text8))", &[502], &["widget"]),
    case("a_hundred_thousand_nodes", "(call $render (call $text6) (call $text8))", &[502], &["widget"]),
    case("huge_refusal", "(call $fail (call $text9))", &[422, 502], &["action_refused", "limit.output"]),
    case("refusal_longer_than_memory", "(call $fail (i32.const 0) (i32.const -1))", &[502], OUTPUT),
    case("log_flood", "(loop $l (call $log (i32.const 0) (i32.const 4) (call $text9) (i32.const 0) (i32.const 0)) (br $l)) unreachable", &[502, 504], &["limit."]),
    case("log_outside_memory", "(call $log (i32.const 0) (i32.const -1) (i32.const 0) (i32.const -1) (i32.const 0) (i32.const 0)) (call $ok)", &[502], OUTPUT),
    case("log_of_a_billion_fields", "(call $log (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 1000000000)) (call $ok)", &[502], OUTPUT),
    case("state_flood", "(loop $l (call $get (local.get $bucket) (i32.const 128) (i32.const 1) (i32.const 64)) (br $l)) unreachable", &[502], &["limit."]),
    case("key_longer_than_memory", "(call $get (local.get $bucket) (i32.const 0) (i32.const -1) (i32.const 64)) (call $ok)", &[502], OUTPUT),
    case("answer_of_the_host_at_no_address", "(call $get (local.get $bucket) (i32.const 128) (i32.const 1) (i32.const -4)) (call $ok)", &[502], ABI),
    case("handle_flood", "(loop $l (call $open (i32.const 16) (i32.const 9) (i32.const 64)) (br $l)) unreachable", &[502], &["plugin", "limit"]),
    case("foreign_handle", "(call $get (i32.const 12345) (i32.const 128) (i32.const 1) (i32.const 64)) (call $ok)", &[502], ABI),
    case("handle_dropped_twice", "(call $drop (local.get $bucket)) (call $drop (local.get $bucket)) (call $ok)", &[502], ABI),
    case("scope_that_was_not_granted", "(i64.store (i32.const 16) (i64.const 0x726f746973697600)) (call $open (i32.const 17) (i32.const 7) (i32.const 64)) (if (i32.eqz (i32.load8_u (i32.const 64))) (then (return (call $ok)))) unreachable", &[502], TRAP),
    case("topic_that_was_not_granted", "(call $emit (i32.const 16) (i32.const 1) (call $text0) (i32.const 16) (i32.const 9) (i32.const 64)) (if (i32.eqz (i32.load8_u (i32.const 64))) (then (return (call $ok)))) unreachable", &[502], TRAP),
    case("script_url", "(call $render (call $text4) (call $text7))", &[200, 502], &["widget"]),
];

/// Action `hostile.NN` is case NN.
pub fn action(number: usize) -> String {
    format!("hostile.{number:02}")
}

/// One plugin with all cases. Its query tells what stands under the key that every action has written.
pub fn plugin() -> Guest {
    let mut functions = String::from(
        "(table $table 10 100000 funcref) (elem $declared declare func $deeper) (elem (i32.const 1) $shape)
         (func $shape (param i64 i64)) (func $deeper (param i32) (result i32) (call $deeper (i32.add (local.get 0) (i32.const 1))))",
    );
    let mut dispatch = String::new();
    for (number, case) in CASES.iter().enumerate() {
        functions.push_str(&format!("(func $case{number} (param $bucket i32) (result i32) {})\n", case.code));
        dispatch.push_str(&format!(
            "(if (i32.eq (local.get $n) (i32.const {number})) (then (return (call $case{number} (local.get $bucket)))))\n"
        ));
    }
    let digit = |back: u32| {
        format!(
            "(i32.sub (i32.load8_u (i32.sub (i32.add (i32.load (local.get $call)) (i32.load offset=4 (local.get $call))) (i32.const {back}))) (i32.const 48))"
        )
    };
    let (tens, ones) = (digit(2), digit(1));
    let handle = format!(
        "(local $bucket i32) (local $n i32)
         (local.set $n (i32.add (i32.mul {tens} (i32.const 10)) {ones}))
         {} {} {dispatch} (call $ok)",
        guest::open("workspace"),
        guest::put("k", "1"),
    );
    let load = format!(
        "(local $bucket i32) {} {} (if (i32.load8_u (i32.const 68))
           (then (return (call $answer (i32.load (i32.const 72)) (i32.load (i32.const 76))))))
         {} (call $answer (i32.const 512) (i32.const 4))",
        guest::open("workspace"),
        guest::get("k"),
        guest::store(512, "null"),
    );
    let actions: Vec<_> = (0..CASES.len()).map(|n| json!({"name": action(n), "auth": "public"})).collect();
    let made = Guest::new("hostile").imports(&["state", "events", "config", "log"]);
    let made = made.manifest(json!({
        "needs": {"state": ["workspace"], "events": ["granted"]}, "actions": actions, "widgets": widgets()
    }));
    let made = texts().into_iter().fold(made, |made, text| made.text(text));
    made.items(functions).handle(handle).load(load)
}

/// Plugins whose one action misbehaves where a dispatch by name comes too late.
pub fn alone() -> Vec<(&'static str, Guest, &'static [u16], &'static [&'static str])> {
    let guest = |name: &'static str| Guest::new(name);
    vec![
        ("realloc never ends", guest("r-loop").realloc(LOOP), &[504], &["limit.cpu"]),
        ("realloc traps", guest("r-trap").realloc("unreachable"), &[502], ABI),
        ("realloc gives no address", guest("r-wild").realloc("(i32.const -8)"), &[502], ABI),
        ("realloc gives a crooked address", guest("r-odd").realloc("(i32.const 2049)"), &[502], ABI),
        ("realloc gives one address for all", guest("r-same").realloc("(i32.const 2048)"), &[200, 502], ABI),
        (
            "realloc eats memory",
            guest("r-eats")
                .realloc("(loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable"),
            &[502],
            &["limit.memory"],
        ),
        (
            "the clean-up of an action never ends",
            guest("a-loop")
                .handle("(i32.store (i32.const 8) (i32.const 1)) (call $ok)")
                .after("(if (i32.load (i32.const 8)) (then (loop $l (br $l))))"),
            &[504],
            &["limit.cpu"],
        ),
        (
            "the clean-up of an action traps",
            guest("a-trap")
                .handle("(i32.store (i32.const 8) (i32.const 1)) (call $ok)")
                .after("(if (i32.load (i32.const 8)) (then unreachable))"),
            &[502],
            TRAP,
        ),
        (
            "64 MB of data",
            guest("bulk")
                .pages(1030)
                .manifest(json!({"limits": {"memory_mib": 128}}))
                .handle("(call $say (i32.const 0) (i32.const 67108864))"),
            &[502],
            OUTPUT,
        ),
        ("more memory than a call gets", guest("fat").pages(700), &[502], &["limit.memory"]),
    ]
}
