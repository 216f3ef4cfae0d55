//! A whole plugin in one file: what its manifest says, and how it behaves in the fake host.
use inlay::*;

plugin! {
    folder "tests/sample";
    actions {
        /// Adds a note.
        /// Notes are short.
        "note.add" => add,
        #[destructive]
        "note.clear" => clear,
        #[read] #[public]
        "note.peek" => peek,
    }
    queries {
        #[visitor]
        "notes" => notes,
        #[admin]
        "notes.all" => all,
    }
}

#[derive(Deserialize)]
struct Note {
    /// What to remember
    #[schemars(length(min = 1, max = 80))]
    text: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize, Serialize, Clone)]
struct Tag {
    name: String,
}

fn add(cx: &Cx, note: Note) -> Result {
    let mine = cx.visitor()?;
    let mut notes: Vec<String> = mine.get("notes")?;
    if notes.len() >= cx.config::<usize>("most")? {
        return fail("conflict.full", "No more notes");
    }
    notes.push(note.text);
    mine.put("notes", &notes)?;
    cx.workspace()?.add_within("count", 1, ..=4)?;
    cx.emit("noted", &json!({ "tags": note.tags }), Audience::Workspace)?;
    info!(cx, "{} notes", notes.len());
    render("note", json!({ "text": notes.last() })).data(&notes).message("Noted").mode("append")
}

fn clear(cx: &Cx) -> Result {
    cx.visitor()?.delete("notes")?;
    reply(json!({ "cleared": true }))
}

fn peek(cx: &Cx) -> Result {
    cx.visitor()?.put("peeked", &true)?;
    reply(())
}

fn notes(cx: &Cx) -> Result<Vec<String>> {
    cx.visitor()?.get("notes")
}

fn all(cx: &Cx) -> Result<Value> {
    let count: i64 = cx.workspace()?.get("count")?;
    cx.workspace()?.put("count", &0)?;
    Ok(json!({ "count": count }))
}

fn add_text(cx: &Cx, text: &str) -> Result {
    cx.act("note.add", json!({ "text": text }))
}

#[test]
fn the_manifest_joins_the_file_the_table_and_the_types() {
    let manifest = PLUGIN.manifest();
    let expected = json!({
        "sdk": "rust/1.0.0",
        "plugin": { "id": "dev.acme.sample", "name": "sample", "version": "2.1.0", "title": "Sample",
            "description": env!("CARGO_PKG_DESCRIPTION"), "license": "MIT", "homepage": "https://example.org/sample" },
        "needs": { "state": ["visitor", "workspace"], "events": ["noted"],
            "reasons": { "state:visitor": "the visitor's notes" } },
        "limits": { "cpu_ms": 20 },
        "config": { "schema": { "type": "object", "properties": { "most": { "type": "integer" } } },
            "default": { "most": 3 } },
        "actions": [
            { "name": "note.add", "title": "Take a note", "description": "Adds a note. Notes are short.",
              "effect": "write", "auth": "visitor", "input": { "type": "object", "required": ["text"], "properties": {
                "text": { "type": "string", "minLength": 1, "maxLength": 80, "description": "What to remember" },
                "tags": { "type": "array", "default": [], "items": { "type": "object", "required": ["name"],
                    "properties": { "name": { "type": "string" } } } } } } },
            { "name": "note.clear", "title": "Note clear", "description": "", "effect": "destructive",
              "auth": "visitor", "input": { "type": "object" } },
            { "name": "note.peek", "title": "Note peek", "description": "", "effect": "read", "auth": "public",
              "input": { "type": "object" } },
        ],
        "queries": [
            { "name": "notes", "title": "Notes", "description": "", "auth": "visitor", "input": { "type": "object" } },
            { "name": "notes.all", "title": "Notes all", "description": "", "auth": "operator",
              "input": { "type": "object" } },
        ],
        "fixtures": [],
        "widgets": [{ "version": "1.0", "name": "note",
            "template": "{\"type\": \"Card\", \"children\": [{\"type\": \"Text\", \"value\": {{ text | tojson }}}]}\n",
            "inlay": { "title": "Note", "source": "notes", "sample": { "text": "remember" } } }],
    });
    assert_eq!(manifest, expected, "{manifest:#}");
}

#[test]
fn an_action_is_a_transaction() {
    let cx = PLUGIN.fake();
    let reply = add_text(&cx, "milk").unwrap();
    assert_eq!((reply.widget(), reply.message()), (Some("note"), Some("Noted")));
    assert_eq!(reply.widget_data(), json!({ "text": "milk" }));
    assert_eq!(reply.render().unwrap().mode, "append");
    assert_eq!(reply.data(), json!(["milk"]));
    add_text(&cx, "eggs").unwrap();
    add_text(&cx, "tea").unwrap();
    assert_eq!(add_text(&cx, "one too many").unwrap_err().code, "conflict.full");
    assert_eq!(cx.ask("notes", json!({})).unwrap(), json!(["milk", "eggs", "tea"]));
    assert_eq!(cx.events().len(), 3);
    assert_eq!((cx.logs()[0].level.as_str(), cx.logs()[0].message.as_str()), ("info", "1 notes"));

    let other = cx.as_visitor("vis_2");
    add_text(&other, "rope").unwrap();
    let failure = add_text(&other, "nails").unwrap_err();
    assert_eq!(failure.code, "state.bound", "the bound counts over all visitors");
    assert_eq!(other.ask("notes", json!({})).unwrap(), json!(["rope"]), "and nothing of the action stays");
    assert_eq!(cx.events().len(), 4);
    cx.act("note.clear", json!({})).unwrap();
    assert_eq!(cx.ask("notes", json!({})).unwrap(), json!([]));
}

#[test]
fn what_only_reads_cannot_write() {
    let cx = PLUGIN.fake();
    assert_eq!(cx.act("note.peek", json!({})).unwrap_err().code, "cap.read-only");
    assert_eq!(cx.ask("notes.all", json!({})).unwrap_err().code, "cap.read-only");
}

#[test]
fn what_was_not_asked_for_is_denied() {
    let cx = PLUGIN.fake();
    assert_eq!(cx.run(|cx| cx.thread().map(|_| ())).unwrap_err().code, "cap.denied");
    assert_eq!(cx.run(|cx| cx.emit("other", &1, Audience::Visitor)).unwrap_err().code, "cap.denied");
}

#[test]
fn unknown_names_and_unfit_input_are_refusals() {
    let cx = PLUGIN.fake();
    assert_eq!(cx.act("nothing", json!({})).unwrap_err().code, "missing.action");
    assert_eq!(cx.ask("nothing", json!({})).unwrap_err().code, "missing.query");
    let failure = cx.act("note.add", json!({ "text": 7 })).unwrap_err();
    assert_eq!(failure.code, "input.invalid");
    assert!(failure.message.contains("expected a string"), "{}", failure.message);
}

#[test]
fn what_a_widget_sends_is_understood_or_it_is_said() {
    let sent = |payload: Value| {
        let sent = json!([{ "type": "note.add", "payload": payload }, { "type": "cart.add", "payload": {} }]);
        PLUGIN.misunderstood(&json!({ "widgets": [{ "widget": "note", "cases": [{ "name": "add", "sent": sent }] }] }))
    };
    assert_eq!(sent(json!({ "text": "milk" })), [""; 0]);
    let wrong = sent(json!({ "words": "milk" }));
    assert!(wrong.len() == 1 && wrong[0].starts_with("note / add: note.add cannot read"), "{wrong:?}");
}
