//! What is shown in place of something whose plugin is down: a widget that its author has declared for the case.
use super::{Widget, Widgets};
use crate::base::error::{Code, Error, Result, Shown};
use crate::features::plugins::{Named, is_down};
use crate::platform::templates::RenderLimits;
use serde_json::{Value, json};
use std::sync::Arc;

/// All that such a widget is told: nothing of the visitor, nothing that a plugin would have to answer.
fn data(action: &str, code: Code) -> Value {
    json!({"action": action, "code": code.word()})
}

/// Checks that a plugin's widget can stand in for an action: it is drawn with what it will be told. Errors:
/// `plugin_invalid`.
pub fn check_fallback(file: &Value, action: &str) -> Result<()> {
    let data = data(action, Code::PluginUnavailable);
    let refused = |e: Error| {
        let detail =
            format!("The plugin is refused: the widget that stands in for {action} cannot be drawn: {}", e.detail);
        Error::new(Code::PluginInvalid, detail).with_faults(e.faults)
    };
    let widget = Widget::compile(file).map_err(refused)?;
    if let Some(schema) = &widget.schema {
        schema.check(&data).map_err(|faults| {
            let detail = "its schema must accept {\"action\", \"code\"}, which is all that it is told";
            refused(Error::new(Code::PluginInvalid, detail).with_faults(faults))
        })?;
    }
    widget.template.render(&data, &RenderLimits::default()).map_err(|e| refused(e.into()))?;
    Ok(())
}

impl Widgets {
    /// The error of an action, with what its plugin shows in its place.
    pub fn instead(&self, named: &Named, error: Error) -> Error {
        let fallback = named.declared().and_then(|declared| declared.fallback.as_deref());
        let Some(fallback) = fallback.filter(|_| is_down(&error)) else { return error };
        let data = data(named.name(), error.code).to_string();
        showing(error, self.render(&named.plugin, fallback, &data))
    }

    /// The error of a widget's query, with what its author shows in its place.
    pub(super) fn in_its_place(&self, widget: &Widget, source: &str, error: Error) -> Error {
        let Some(fallback) = widget.fallback.as_deref().filter(|_| is_down(&error)) else { return error };
        let data = data(source, error.code).to_string();
        let drawn = self.find(fallback).and_then(|stand_in| {
            let wire = self.fresh(&stand_in, data.as_bytes())?;
            Ok(super::Shown { name: stand_in.name.clone(), wire })
        });
        showing(error, drawn)
    }
}

fn showing(error: Error, drawn: Result<super::Shown>) -> Error {
    let read = drawn.and_then(|super::Shown { name, wire }| {
        let tree = serde_json::from_str(&wire.json).map_err(Error::internal)?;
        let key = wire.key.unwrap_or_else(|| name.to_string());
        Ok(Shown { name: name.to_string(), key, tree: Arc::new(tree) })
    });
    match read {
        Ok(shown) => error.showing(shown),
        Err(why) => {
            tracing::warn!(
                code = why.code.word(),
                "what should be shown in a plugin's place cannot be: {}",
                why.detail
            );
            error
        }
    }
}
