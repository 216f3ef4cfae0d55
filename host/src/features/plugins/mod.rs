//! Plugins: inspect, install, activate; the live table; queries.
use crate::base::error::Result;
use crate::features::identity::Caller;
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

/// A plugin in force, for lists and answers.
#[derive(Clone, Debug, Serialize)]
pub struct PluginInfo {
    pub name: String,
    pub id: String,
    pub version: String,
    pub title: String,
    pub description: String,
    /// "sha256:" and 64 hex digits.
    pub digest: String,
    /// Size of the component in bytes.
    pub bytes: u64,
    /// "active" or "failed".
    pub state: String,
    /// Why it is not active, in words.
    pub reason: Option<String>,
    pub actions: Vec<String>,
    pub queries: Vec<String>,
    pub widgets: Vec<String>,
    /// What it asks for: "state:visitor", "events:cart-updated" …
    pub permissions: Vec<String>,
    /// What it was granted.
    pub granted: Vec<String>,
    /// Whether it came with the binary.
    pub bundled: bool,
    pub activated_at_ms: u64,
    pub manifest: Value,
}

/// What an admin grants at upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permissions {
    All,
    These(Vec<String>),
}

#[derive(Clone)]
pub struct Plugins {}

impl Plugins {
    pub fn list(&self) -> Vec<PluginInfo> {
        unimplemented!()
    }
    /// Errors: `unknown_plugin`.
    pub fn get(&self, _name: &str) -> Result<PluginInfo> {
        unimplemented!()
    }
    /// Checks an uploaded component in the sandbox and puts it in force. Errors: `plugin_invalid`, `grants_missing`,
    /// `name_taken`, `body_too_large`.
    pub async fn install(&self, _component: Bytes, _permissions: Permissions) -> Result<PluginInfo> {
        unimplemented!()
    }
    /// Runs a named query. `params` is an object of strings and JSON values; strings are read as the schema asks (a
    /// query string knows no numbers). Errors: `unknown_query`, `invalid_parameters`, `forbidden`, `plugin_*`.
    pub async fn query(&self, _caller: &Caller, _name: &str, _params: Value) -> Result<Value> {
        unimplemented!()
    }
}
