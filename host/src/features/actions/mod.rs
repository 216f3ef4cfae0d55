//! Actions: one dispatcher behind every door.
use crate::base::error::Result;
use crate::features::identity::Caller;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What a person did in a widget, as any door hands it over.
#[derive(Clone, Debug, Default)]
pub struct Action {
    pub name: String,
    /// `payload` or `parameters`; a key here wins over a form value.
    pub parameters: Map<String, Value>,
    /// Values of named controls; dots in names nest.
    pub form: Map<String, Value>,
    /// The caller's `Idempotency-Key`, already checked for shape (1 to 255 visible ASCII characters).
    pub idempotency_key: Option<String>,
    /// "thr_…" inside a conversation.
    pub thread: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct WidgetOut {
    pub name: String,
    /// Tells widgets of one name apart, such as a cart's or a product's id.
    pub key: String,
    pub widget: Arc<Value>,
}

#[derive(Clone, Debug, Serialize)]
pub struct EventOut {
    pub topic: String,
    pub payload: Value,
}

/// What every door answers, in its own words.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    pub success: bool,
    pub action: String,
    /// "act_…", also in the action log.
    pub id: String,
    pub result: Value,
    pub widgets: Vec<WidgetOut>,
    pub events: Vec<EventOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A stored or fresh answer, with the JSON that was or will be stored.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The answer's JSON, exactly as every repeat gets it.
    pub json: Arc<str>,
    /// Whether it was answered from the record of an earlier request with the same key.
    pub replayed: bool,
}

#[derive(Clone)]
pub struct Actions {}

impl Actions {
    /// Errors: `unknown_action`, `invalid_parameters`, `invalid_form`, `action_conflict`, `action_refused`,
    /// `idempotency_key_reused`, `plugin_*`, `state_conflict`, `storage_full`, `database_unavailable`.
    pub async fn dispatch(&self, _caller: &Caller, _action: Action) -> Result<Outcome> {
        unimplemented!()
    }
}


