//! The context of one call: who acts, and everything the plugin may reach.
use crate::reply::to_json;
use crate::{Bucket, Failure, Logger, Result, sys};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Handed to every handler. State, events, configuration and the log all go through it; a plugin reaches nothing else.
pub struct Cx {
    pub(crate) call: Call,
    /// Queries, and actions marked `#[read]`, may not change anything.
    pub(crate) read_only: bool,
    pub(crate) host: sys::Host,
}

/// The facts of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The action's or query's name.
    pub name: String,
    /// The invocation's id, the same on every attempt: a good key for things that must happen once.
    pub id: String,
    pub workspace: String,
    /// None outside a conversation.
    pub thread: Option<String>,
    /// Opaque and stable for one visitor of one workspace.
    pub visitor: String,
    /// BCP 47, such as `en` or `pt-BR`.
    pub locale: String,
    /// Milliseconds since the Unix epoch, frozen for the whole call.
    pub now_ms: u64,
    /// 1, or more when the call is run again because others changed the same data.
    pub attempt: u32,
    /// Facts that later hosts may add.
    pub extra: Vec<(String, String)>,
}

/// Who hears of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The visitor who acted, on all their open pages.
    Visitor,
    /// Everyone in the conversation.
    Thread,
    /// Everyone in the workspace, also strangers: put nothing personal in the payload.
    Workspace,
}

impl Audience {
    pub fn word(self) -> &'static str {
        match self {
            Audience::Visitor => "visitor",
            Audience::Thread => "thread",
            Audience::Workspace => "workspace",
        }
    }
}

impl Cx {
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// What belongs to the visitor who acts. Errors: `cap.denied` unless `needs.state` names it and it was granted.
    pub fn visitor(&self) -> Result<Bucket> {
        self.open("visitor")
    }

    /// What belongs to the conversation. Errors: `state.no-thread` outside one; `cap.denied`.
    pub fn thread(&self) -> Result<Bucket> {
        if self.call.thread.is_none() {
            return Err(Failure::new("state.no-thread", "This works only inside a conversation"));
        }
        self.open("thread")
    }

    /// What all visitors of the workspace share. Errors: `cap.denied`.
    pub fn workspace(&self) -> Result<Bucket> {
        self.open("workspace")
    }

    fn open(&self, scope: &str) -> Result<Bucket> {
        Ok(Bucket { inner: self.host.open(scope)?, read_only: self.read_only })
    }

    /// Publishes a fact once the action is committed; events of one action keep their order.
    /// Errors: `cap.denied` unless `needs.events` names the topic; `limit.*`; `cap.read-only` in a query.
    pub fn emit<T: Serialize + ?Sized>(&self, topic: &str, payload: &T, audience: Audience) -> Result<()> {
        writable(self.read_only)?;
        self.host.emit(topic, &to_json(payload)?, audience.word())
    }

    /// Reads the configuration: a key (`"currency"`) or a JSON pointer (`"/products/prod_1"`).
    /// Errors: `config.missing` when it is not there, `config.shape` when it does not fit `T`.
    pub fn config<T: DeserializeOwned>(&self, key: &str) -> Result<T> {
        let missing = || Failure::new("config.missing", format!("The configuration has no {key:?}"));
        self.find_config(key)?.ok_or_else(missing)
    }

    /// As [`config`](Cx::config), for what may be absent.
    pub fn find_config<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let Some(json) = self.host.config(key) else { return Ok(None) };
        let shape = |e| Failure::new("config.shape", format!("The configuration's {key:?}: {e}"));
        serde_json::from_str(&json).map_err(shape)
    }

    pub fn log(&self) -> Logger<'_> {
        Logger::new(self)
    }
}

pub(crate) fn writable(read_only: bool) -> Result<()> {
    if read_only {
        return Err(Failure::new("cap.read-only", "A query or a read action cannot change anything"));
    }
    Ok(())
}
