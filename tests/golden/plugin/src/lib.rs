//! Uses every function of every interface of `inlay:plugin@1.0.0`, and tells what came of it.
use inlay::*;

plugin! {
    actions {
        /// Counts what the visitor adds, and tells.
        "golden.count" => count,
        /// Goes through all functions of `state` in one scope.
        "golden.every" => every,
        /// Adds to `total` of one scope, within bounds that the host checks at the commit.
        "golden.add" => add,
        /// Renders, with every part of a reply.
        "golden.reply" => whole_reply,
        /// Emits to all three audiences, in order.
        "golden.emit" => emit,
        /// Writes one log line of each level.
        "golden.log" => log,
        /// Gives the facts of the call.
        "golden.facts" => facts,
        /// Writes, then refuses with two faults.
        "golden.refuse" => refuse,
        /// Writes, then panics with "golden panic".
        "golden.panic" => panics,
        /// Only looks.
        #[read]
        "golden.look" => look,
        /// For operators.
        #[destructive]
        #[operator]
        "golden.forget" => forget,
    }
    queries {
        "golden.state" => counted,
        "golden.config" => config,
        #[admin]
        "golden.all" => all,
    }
}

#[derive(Deserialize)]
struct Place {
    /// The scope
    scope: Scope,
    /// What `golden.add` adds
    #[serde(default)]
    by: i64,
    /// The highest sum, for `golden.add`
    #[serde(default)]
    max: i64,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Scope {
    Visitor,
    Thread,
    Workspace,
}

fn open(cx: &Cx, scope: Scope) -> Result<Bucket> {
    match scope {
        Scope::Visitor => cx.visitor(),
        Scope::Thread => cx.thread(),
        Scope::Workspace => cx.workspace(),
    }
}

#[derive(Serialize)]
struct Counted {
    count: i64,
}

fn counted(cx: &Cx) -> Result<Counted> {
    Ok(Counted { count: cx.visitor()?.get("count")? })
}

#[derive(Deserialize)]
struct By {
    /// How many more
    #[schemars(range(min = 1, max = 100))]
    by: i64,
}

fn count(cx: &Cx, input: By) -> Result {
    cx.visitor()?.add("count", input.by)?;
    cx.workspace()?.add_within("total", input.by, 0..)?;
    let counted = counted(cx)?;
    cx.emit("golden-counted", &counted, Audience::Visitor)?;
    reply(counted)
}

fn every(cx: &Cx, place: Place) -> Result {
    let state = open(cx, place.scope)?;
    let before: Option<Value> = state.find("k/a")?;
    state.put("k/a", &json!({ "n": 1, "text": "grüße \u{1f3b9}" }))?;
    state.put_for("k/b", &[1, 2, 3], 3600)?;
    state.put("k/c", &"gone")?;
    state.delete("k/c")?;
    state.add("k/d", 5)?;
    state.add_within("k/d", -2, 0..=100)?;
    state.put("m", &true)?;
    let one: Value = state.get("k/a")?;
    let many = state.get_many::<Value, _>(&["k/b", "k/c", "none", "k/d"])?;
    let scanned = state.scan::<Value>("k/", None, 10)?;
    let rest = state.scan::<Value>("k/", Some("k/a"), 1)?;
    let keys = |entries: Vec<Entry<Value>>| entries.into_iter().map(|entry| entry.key).collect();
    reply(Seen { before, one, many, scanned: keys(scanned), rest: keys(rest) })
}

#[derive(Serialize)]
struct Seen {
    before: Option<Value>,
    one: Value,
    many: Vec<Option<Value>>,
    scanned: Vec<String>,
    rest: Vec<String>,
}

fn add(cx: &Cx, add: Place) -> Result {
    open(cx, add.scope)?.add_within("total", add.by, -add.max..=add.max)?;
    reply(add.by)
}

fn whole_reply(cx: &Cx) -> Result {
    let text: String = cx.config("greeting")?;
    let data = Config { text: text.clone(), last: 0, missing: None };
    render("golden", &data).mode("append").data(&text).message("A golden message")
}

fn emit(cx: &Cx) -> Result {
    for (n, audience) in [(1, Audience::Visitor), (2, Audience::Thread), (3, Audience::Workspace)] {
        cx.emit("golden-counted", &Counted { count: n }, audience)?;
    }
    reply(3)
}

fn log(cx: &Cx) -> Result {
    debug!(cx, "golden debug");
    info!(cx, "golden info");
    cx.log().field("n", 7).field("word", "seven").warn("golden warn");
    error!(cx, "golden error");
    reply(4)
}

fn facts(cx: &Cx) -> Result {
    let call = cx.call();
    let thread = call.thread.as_deref().unwrap_or("none");
    let texts = [&call.name, &call.id, &call.workspace, thread, &call.visitor, &call.locale];
    reply((texts, call.now_ms, call.attempt))
}

fn refuse(cx: &Cx) -> Result {
    cx.visitor()?.put("refused", &1)?;
    let mut faults = Faults::default();
    faults.add("/a", "A is wrong");
    faults.add("/b/0", "B is wrong");
    Err(faults.into_failure().retryable())
}

fn panics(cx: &Cx) -> Result {
    cx.visitor()?.put("panicked", &1)?;
    panic!("golden panic")
}

fn forget(cx: &Cx, place: Place) -> Result {
    open(cx, place.scope)?.delete("total")?;
    reply(true)
}

fn look(cx: &Cx, place: Place) -> Result {
    reply(open(cx, place.scope)?.get::<i64>("total")?)
}

#[derive(Serialize)]
struct Config {
    text: String,
    last: i64,
    missing: Option<Value>,
}

fn config(cx: &Cx) -> Result<Config> {
    let last: i64 = cx.config("/nested/list/2")?;
    let missing = cx.find_config::<Value>("missing")?;
    Ok(Config { text: cx.config("greeting")?, last, missing })
}

fn all(cx: &Cx, place: Place) -> Result<Vec<(String, Value)>> {
    let entries = open(cx, place.scope)?.scan::<Value>("", None, 50)?;
    Ok(entries.into_iter().map(|entry| (entry.key, entry.value)).collect())
}
