//! What the host asks a plugin about people; see `[visitors]` in `inlay.toml`.
use crate::{Failure, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The input of the action that `visitors.merge` names. It is known now who an anonymous visitor is: his data have become
/// that person's, but for the keys that both have. Of those the person's own values stay unless the action writes others.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct Merge {
    pub both: Vec<Both>,
}

/// A key in scope `visitor` that both have.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Both {
    pub key: String,
    /// The anonymous visitor's value.
    pub theirs: Value,
    /// The person's own value.
    pub own: Value,
}

impl Both {
    /// The anonymous visitor's value and the person's own. Errors: `state.shape` when one does not fit `T`.
    pub fn read<T: DeserializeOwned>(self) -> Result<(T, T)> {
        let key = self.key;
        let read = |value| {
            serde_json::from_value(value).map_err(|e| {
                Failure::new("state.shape", format!("The value stored as {key:?} is not what the plugin reads: {e}"))
            })
        };
        Ok((read(self.theirs)?, read(self.own)?))
    }
}
