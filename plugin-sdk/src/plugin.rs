//! A plugin as one table: its manifest, its actions, its queries. The macros fill it, the component's exports read it.
use crate::{Cx, Failure, Reply, Result};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::borrow::Cow;

/// What `actions!` and `plugin!` define as `PLUGIN`.
pub struct Plugin {
    /// The manifest as JSON text, complete but for the input schemas, which only the compiled types know.
    #[doc(hidden)]
    pub skeleton: &'static str,
    #[doc(hidden)]
    pub actions: &'static [ActionEntry],
    #[doc(hidden)]
    pub queries: &'static [QueryEntry],
}

#[doc(hidden)]
pub struct ActionEntry {
    pub name: &'static str,
    pub read_only: bool,
    pub input: fn() -> Value,
    pub run: fn(&Cx, &str) -> Result,
}

#[doc(hidden)]
pub struct QueryEntry {
    pub name: &'static str,
    /// The host tells the query neither who asks nor when.
    pub shared: bool,
    pub input: fn() -> Value,
    pub run: fn(&Cx, &str) -> Result<String>,
}

/// The input of an action or a query that needs none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Empty {}

impl JsonSchema for Empty {
    fn schema_name() -> Cow<'static, str> {
        "Empty".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "object" })
    }
}

impl Plugin {
    /// The manifest that the host reads when the plugin is loaded.
    pub fn manifest(&self) -> Value {
        let mut manifest: Value = serde_json::from_str(self.skeleton).unwrap_or_default();
        let actions = self.actions.iter().map(|entry| (entry.name, entry.input));
        fill(manifest.get_mut("actions"), actions);
        let queries = self.queries.iter().map(|entry| (entry.name, entry.input));
        fill(manifest.get_mut("queries"), queries);
        manifest
    }

    /// Runs an action by name. `input`: JSON text. Errors: the handler's, `input.invalid`, `missing.action`.
    pub(crate) fn handle(&self, cx: &mut Cx, input: &str) -> Result {
        let Some(entry) = self.actions.iter().find(|entry| entry.name == cx.call.name) else {
            return Err(Failure::new("missing.action", format!("The plugin has no action {:?}", cx.call.name)));
        };
        cx.read_only = entry.read_only;
        (entry.run)(cx, input)
    }

    /// Runs a query by name and gives its data as JSON text. Errors: the handler's, `input.invalid`, `missing.query`.
    pub(crate) fn load(&self, cx: &mut Cx, input: &str) -> Result<String> {
        let Some(entry) = self.queries.iter().find(|entry| entry.name == cx.call.name) else {
            return Err(Failure::new("missing.query", format!("The plugin has no query {:?}", cx.call.name)));
        };
        cx.read_only = true;
        (entry.run)(cx, input)
    }
}

fn fill<'a>(entries: Option<&mut Value>, inputs: impl Iterator<Item = (&'a str, fn() -> Value)>) {
    let entries = entries.and_then(Value::as_array_mut).into_iter().flatten();
    for (entry, (_, input)) in entries.zip(inputs) {
        if let Some(object) = entry.as_object_mut() {
            object.insert("input".to_owned(), input());
        }
    }
}

/// A function that can handle an action or answer a query: `fn(&Cx, Input) -> Result<Output>` or, without input,
/// `fn(&Cx) -> Result<Output>`. `Args` only tells the two apart.
#[diagnostic::on_unimplemented(
    message = "this is not a handler",
    label = "expected `fn(&Cx, Input) -> Result` or `fn(&Cx) -> Result`",
    note = "an action returns `inlay::Result`, a query `inlay::Result<T>` with a `T` that is `Serialize`",
    note = "`Input` needs `#[derive(inlay::Deserialize)]`"
)]
pub trait Handler<Args, Output> {
    type Input: DeserializeOwned + JsonSchema;
    fn run(&self, cx: &Cx, input: Self::Input) -> Result<Output>;
}

impl<F, I, O> Handler<(I,), O> for F
where
    F: Fn(&Cx, I) -> Result<O>,
    I: DeserializeOwned + JsonSchema,
{
    type Input = I;
    fn run(&self, cx: &Cx, input: I) -> Result<O> {
        self(cx, input)
    }
}

impl<F, O> Handler<(), O> for F
where
    F: Fn(&Cx) -> Result<O>,
{
    type Input = Empty;
    fn run(&self, cx: &Cx, _input: Empty) -> Result<O> {
        self(cx)
    }
}

#[doc(hidden)]
pub fn run_action<A, F: Handler<A, Reply>>(handler: F, cx: &Cx, input: &str) -> Result {
    handler.run(cx, parse(input)?)
}

#[doc(hidden)]
pub fn run_query<A, O: Serialize, F: Handler<A, O>>(handler: F, cx: &Cx, input: &str) -> Result<String> {
    crate::reply::to_json(&handler.run(cx, parse(input)?)?)
}

fn parse<I: DeserializeOwned>(input: &str) -> Result<I> {
    serde_json::from_str(input).map_err(|e| Failure::field("", e.to_string()))
}

/// The JSON Schema (draft 2020-12) of a handler's input. It has references only where a type contains itself.
#[doc(hidden)]
pub fn input_of<A, O, F: Handler<A, O>>(_handler: F) -> Value {
    schema_of(SchemaGenerator::subschema_for::<F::Input>)
}

/// Not generic, so that a plugin has it once, however many handlers it has. (`root_schema_for` would be the same with
/// a title and 20 KiB more of code.)
fn schema_of(input: fn(&mut SchemaGenerator) -> Schema) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut generator = settings.into_generator();
    let mut schema = input(&mut generator).to_value();
    let definitions = generator.take_definitions(false);
    if let (Some(schema), false) = (schema.as_object_mut(), definitions.is_empty()) {
        schema.insert("$defs".to_owned(), definitions.into());
    }
    schema
}
