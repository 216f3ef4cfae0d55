//! The JSON that doors take and give, described for the OpenAPI document. Rooms know nothing of OpenAPI, so their shapes
//! are repeated here; a test holds each against what the room writes.
#![expect(dead_code, reason = "only the descriptions are used")]
use crate::doors::kit::problem::{FaultJson, ProblemJson};
use crate::doors::site::{ChecksJson, HealthJson};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// A name in the document and its schema.
pub type Named = (String, RefOr<Schema>);

pub fn all() -> Vec<Named> {
    vec![
        named::<ActionBody>(),
        named::<Answer>(),
        named::<CustomAction>(),
        named::<ChatkitAction>(),
        named::<FormAction>(),
        named::<ShownWidget>(),
        named::<Event>(),
        named::<Tree>(),
        named::<WidgetList>(),
        named::<Widget>(),
        named::<Data>(),
        named::<Component>(),
        named::<HealthJson>(),
        named::<ChecksJson>(),
        named::<Endpoints>(),
        named::<Endpoint>(),
        named::<Text>(),
        named::<ProblemJson<'_>>(),
        named::<FaultJson>(),
    ]
    .into_iter()
    .chain(super::plugin_shapes::all())
    .collect()
}

pub fn named<T: ToSchema>() -> Named {
    (T::name().into_owned(), T::schema())
}

/// Either form of an action.
#[derive(ToSchema)]
#[schema(as = Action)]
#[serde(untagged)]
enum ActionBody {
    Custom(CustomAction),
    Chatkit(ChatkitAction),
}

/// An action in the form of the widget framework. Members that are not listed are passed over.
#[derive(ToSchema)]
struct CustomAction {
    #[schema(rename = "type", pattern = "^custom$", example = "custom")]
    r#type: String,
    /// The action's name.
    #[schema(example = "add_to_cart")]
    name: String,
    #[schema(nullable, value_type = Option<Object>, example = json!({"productId": "prod_1"}))]
    parameters: Option<Map<String, Value>>,
    /// Values of named controls; dots in names nest. A parameter of the same name wins.
    #[schema(nullable, rename = "formData", value_type = Option<Object>)]
    form_data: Option<Map<String, Value>>,
}

/// An action in ChatKit's form.
#[derive(ToSchema)]
struct ChatkitAction {
    /// The action's name.
    #[schema(rename = "type", pattern = "^(?!custom$)", example = "add_to_cart")]
    r#type: String,
    #[schema(nullable, value_type = Option<Object>, example = json!({"productId": "prod_1"}))]
    payload: Option<Map<String, Value>>,
    #[schema(nullable, rename = "formData", value_type = Option<Object>)]
    form_data: Option<Map<String, Value>>,
}

/// What an HTML form posts; all other fields are values of named controls.
#[derive(ToSchema)]
struct FormAction {
    /// The JSON of `{"type", "payload"}`. Where it is sent twice the last one counts.
    #[schema(rename = "inlay-action")]
    action: String,
    /// Path of this host to go back to.
    #[schema(rename = "inlay-return", example = "/demo#widget-cart")]
    return_to: Option<String>,
}

/// What an action did. A repeat with the same `Idempotency-Key` gets the same bytes.
#[derive(ToSchema)]
struct Answer {
    success: bool,
    action: String,
    /// "act_…", also in the action log.
    id: String,
    /// The plugin's own answer.
    result: Value,
    widgets: Vec<ShownWidget>,
    events: Vec<Event>,
    /// A sentence for the person.
    #[schema(required = false, nullable = false)]
    message: Option<String>,
}

#[derive(ToSchema)]
pub struct ShownWidget {
    name: String,
    /// Tells widgets of one name apart, such as a cart's or a product's id.
    key: String,
    /// What a client does with it: "replace", "append", "patch" or "close".
    mode: String,
    widget: Tree,
}

/// What the action announced.
#[derive(ToSchema)]
struct Event {
    #[schema(example = "cart-updated")]
    topic: String,
    payload: Value,
}

/// A widget tree in ChatKit's form: a node with a `type` and its properties.
#[derive(ToSchema)]
#[schema(as = WidgetTree)]
struct Tree {
    #[schema(rename = "type", example = "Card")]
    r#type: String,
}

#[derive(ToSchema)]
struct WidgetList {
    widgets: Vec<Widget>,
}

/// One line of the catalogue.
#[derive(ToSchema)]
struct Widget {
    name: String,
    title: String,
    description: String,
    /// The plugin that ships it; null for one that came with the host.
    plugin: Option<String>,
    /// JSON Schema of the template's input.
    schema: Value,
    /// JSON Schema of the query parameters.
    params: Value,
    /// The query that its data comes from.
    source: Option<String>,
    /// A sample input.
    preview: Value,
    /// Of the preview: bytes of JSON, nodes, depth.
    figures: Value,
}

/// What the query answers; its plugin's manifest says more.
#[derive(ToSchema)]
struct Data(Value);

/// A WebAssembly component.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
struct Component(Vec<u8>);

#[derive(ToSchema)]
struct Endpoints {
    name: String,
    version: String,
    documentation: String,
    openapi: String,
    endpoints: Vec<Endpoint>,
}

#[derive(ToSchema)]
struct Endpoint {
    method: String,
    path: String,
    summary: String,
}

#[derive(ToSchema)]
struct Text(String);

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::doors::tests::fakes;
    use crate::features::actions;
    use serde::Serialize;

    /// Members of a schema, and those of a value that it describes.
    pub fn members<T: ToSchema>(value: impl Serialize) -> (Vec<String>, Vec<String>) {
        let keys = |value: &Value| {
            let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        let schema = serde_json::to_value(T::schema()).unwrap();
        (keys(&schema["properties"]), keys(&serde_json::to_value(value).unwrap()))
    }

    #[test]
    fn shapes_are_what_rooms_write() {
        let (described, written) = members::<Widget>(fakes::widget("cart"));
        assert_eq!(described, written);
        let raw = serde_json::value::RawValue::from_string("{}".to_owned()).unwrap();
        let widget = Some(actions::WidgetOut { name: "", key: "", mode: "", widget: "{}" });
        let (events, message) = (vec![actions::EventOut { topic: "", payload: &raw }], Some(""));
        let answer = actions::Answer { action: "", id: "", result: &raw, widget, events, message }.json().unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let (described, written) = members::<ShownWidget>(&answer["widgets"][0]);
        assert_eq!(described, written);
        let (described, written) = members::<Event>(&answer["events"][0]);
        assert_eq!(described, written);
        let (described, written) = members::<Answer>(&answer);
        assert_eq!(described, written);
    }
}
