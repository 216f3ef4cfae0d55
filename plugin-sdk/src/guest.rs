//! The wasm side: the bindings of world `plugin`, and the three exports as functions over a [`Plugin`].
use crate::{Call, Cx, Failure, Plugin, Reply, Result};
use bindings::inlay::plugin::{config, events, log, state, types};

pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "plugin",
        pub_export_macro: true,
        export_macro_name: "export_component",
        default_bindings_module: "::inlay::__private::bindings",
    });
}

/// The longest panic text that is worth a log line, in bytes.
const PANIC_TEXT: usize = 4096;

pub(crate) struct Host;
pub(crate) struct Bucket(state::Bucket);

impl Host {
    pub(crate) fn open(&self, scope: &str) -> Result<Bucket> {
        state::open(scope).map(Bucket).map_err(from_host)
    }

    pub(crate) fn emit(&self, topic: &str, payload: &str, audience: &str) -> Result<()> {
        events::emit(topic, payload, audience).map_err(from_host)
    }

    pub(crate) fn config(&self, key: &str) -> Option<String> {
        config::get(key)
    }

    pub(crate) fn log(&self, level: &str, message: &str, fields: &[(String, String)]) {
        log::write(level, message, fields);
    }
}

impl Bucket {
    pub(crate) fn get(&self, key: &str) -> Result<Option<String>> {
        self.0.get(key).map_err(from_host)
    }

    pub(crate) fn get_many(&self, keys: &[String]) -> Result<Vec<Option<String>>> {
        self.0.get_many(keys).map_err(from_host)
    }

    pub(crate) fn put(&self, key: &str, json: &str, ttl_s: Option<u64>) -> Result<()> {
        self.0.put(key, json, ttl_s).map_err(from_host)
    }

    pub(crate) fn delete(&self, key: &str) -> Result<()> {
        self.0.delete(key).map_err(from_host)
    }

    pub(crate) fn scan(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<(String, String)>> {
        let found = self.0.scan(prefix, after, limit).map_err(from_host)?;
        Ok(found.into_iter().map(|entry| (entry.key, entry.value)).collect())
    }

    pub(crate) fn add(&self, key: &str, delta: i64, min: Option<i64>, max: Option<i64>) -> Result<()> {
        self.0.add(key, delta, min, max).map_err(from_host)
    }
}

/// `manifest.describe`
pub fn describe(plugin: &Plugin) -> String {
    tell_panics();
    plugin.manifest().to_string()
}

/// `actions.handle`
pub fn handle(plugin: &Plugin, call: types::Call) -> Result<types::Reply, types::Failure> {
    let (mut cx, input) = enter(call);
    Ok(plugin.handle(&mut cx, &input)?.into())
}

/// `loaders.load`
pub fn load(plugin: &Plugin, call: types::Call) -> Result<String, types::Failure> {
    let (mut cx, input) = enter(call);
    Ok(plugin.load(&mut cx, &input)?)
}

fn enter(call: types::Call) -> (Cx, String) {
    tell_panics();
    let facts = Call {
        name: call.name,
        id: call.id,
        workspace: call.workspace,
        thread: call.thread,
        visitor: call.visitor,
        locale: call.locale,
        now_ms: call.now_ms,
        attempt: call.attempt,
        extra: call.extra,
    };
    (Cx { call: facts, read_only: false, host: Host }, call.input)
}

/// Without this, all that is left of a panic is a trap at some address.
fn tell_panics() {
    std::panic::set_hook(Box::new(|info| {
        let mut text = info.to_string();
        text.truncate(text.floor_char_boundary(PANIC_TEXT));
        log::write("error", &text, &[]);
    }));
}

/// No `From`: the bindings' failure is a standard error, and those already turn into `plugin.error`.
fn from_host(failure: types::Failure) -> Failure {
    Failure {
        code: failure.code.into(),
        message: failure.message,
        detail: failure.detail.and_then(|json| serde_json::from_str(&json).ok()),
        retryable: failure.retryable,
    }
}

impl From<Failure> for types::Failure {
    fn from(failure: Failure) -> types::Failure {
        types::Failure {
            code: failure.code.into_owned(),
            message: failure.message,
            detail: failure.detail.map(|value| value.to_string()),
            retryable: failure.retryable,
        }
    }
}

impl From<Reply> for types::Reply {
    fn from(reply: Reply) -> types::Reply {
        let render = reply.render.map(|r| types::Render { widget: r.widget, data: r.data, mode: r.mode });
        types::Reply { render, data: reply.data, extra: reply.extra }
    }
}
