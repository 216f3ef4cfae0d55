//! `POST /api/widget-action`: two forms of JSON body and HTML's own form become one `Action`.
use super::form;
use crate::base::error::Result;
use crate::doors::Ground;
use crate::doors::kit::auth::Visitor;
use crate::doors::kit::replay;
use crate::doors::kit::{Answer, accept, answer, body};
use crate::doors::rooms::{Dispatches, Shows};
use crate::features::actions::{Action, Outcome};
use crate::features::identity::Caller;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::sync::Arc;

pub(super) async fn act(
    State(actions): State<Arc<dyn Dispatches>>,
    State(widgets): State<Arc<dyn Shows>>,
    State(ground): State<Ground>,
    Visitor(caller): Visitor,
    request: Request,
) -> Answer<Response> {
    let (parts, incoming) = request.into_parts();
    let headers = &parts.headers;
    let kind = body::kind(headers)?;
    if !matches!(kind, body::Kind::Json | body::Kind::Form) {
        return Err(body::unsupported("Send application/json or a form").into());
    }
    let key = replay::key(headers)?;
    let sent = body::read(headers, incoming, ground.body).await?;
    if kind == body::Kind::Json {
        let action = Action { idempotency_key: key, ..read(body::json_object(&sent)?)? };
        return Ok(answered(run(&*actions, &ground, &caller, action).await?));
    }
    let form = form::Form::read(&sent)?;
    let action = Action { idempotency_key: key, ..form.action() };
    match run(&*actions, &ground, &caller, action).await {
        Ok(outcome) if wants_json(headers) => Ok(answered(outcome)),
        Ok(outcome) => Ok(form.done(&*widgets, &caller, &outcome).await),
        Err(error) if accept::wants(headers) == accept::Wants::Html => form.refused(&*widgets, &caller, error).await,
        Err(error) => Err(error.into()),
    }
}

async fn run(actions: &dyn Dispatches, ground: &Ground, caller: &Caller, action: Action) -> Result<Outcome> {
    let _turn = ground.shed.turn().await?;
    actions.dispatch(caller, action).await
}

/// A form leads back to a page unless the caller asked for JSON by name.
fn wants_json(headers: &HeaderMap) -> bool {
    let asked = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    asked.contains("json") && accept::wants(headers) == accept::Wants::Json
}

/// `{"type":"custom","name":…,"parameters":…,"formData":…}` or ChatKit's `{"type":…,"payload":…}`. Other members are for
/// others. Errors: `invalid_body`.
fn read(mut sent: Map<String, Value>) -> Result<Action> {
    let kind = body::take_string(&mut sent, "type")?;
    let (name, parameters) = match kind.as_str() {
        "custom" => (body::take_string(&mut sent, "name")?, body::take_object(&mut sent, "parameters")?),
        _ => (kind, body::take_object(&mut sent, "payload")?),
    };
    let form = body::take_object(&mut sent, "formData")?;
    Ok(Action { name, parameters, form, ..Action::default() })
}

/// The stored text as it is: a repeat gets the same bytes.
fn answered(outcome: Outcome) -> Response {
    let mut response = answer::ready_json(Body::from(Bytes::from_owner(Stored(outcome.json))));
    if outcome.replayed {
        response.headers_mut().insert(replay::REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

struct Stored(Arc<str>);

impl AsRef<[u8]> for Stored {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn from(body: Value) -> Result<Action> {
        let Value::Object(body) = body else { panic!() };
        read(body)
    }

    #[test]
    fn both_forms_of_body_become_the_same_action() {
        let custom =
            from(json!({"type": "custom", "name": "add", "parameters": {"a": 1}, "formData": {"b": "2"}, "x": []}));
        let chatkit = from(json!({"type": "add", "payload": {"a": 1}, "formData": {"b": "2"}, "handler": "server"}));
        for action in [custom.unwrap(), chatkit.unwrap()] {
            assert_eq!(action.name, "add");
            assert_eq!((action.parameters["a"].clone(), action.form["b"].clone()), (json!(1), json!("2")));
        }
        assert_eq!(from(json!({"type": "add", "payload": null})).unwrap().parameters.len(), 0);
    }

    #[test]
    fn wrong_shapes_are_pointed_at() {
        for (bad, pointer) in [
            (json!({}), "/type"),
            (json!({"type": 1}), "/type"),
            (json!({"type": ""}), "/type"),
            (json!({"type": null}), "/type"),
            (json!({"type": "custom"}), "/name"),
            (json!({"type": "custom", "name": ["a"]}), "/name"),
            (json!({"type": "custom", "name": "a", "parameters": []}), "/parameters"),
            (json!({"type": "custom", "name": "a", "parameters": "x"}), "/parameters"),
            (json!({"type": "a", "payload": 1}), "/payload"),
            (json!({"type": "a", "formData": false}), "/formData"),
        ] {
            assert_eq!(from(bad.clone()).unwrap_err().faults[0].pointer, pointer, "{bad}");
        }
    }
}
