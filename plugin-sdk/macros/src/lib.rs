//! The macros of the Inlay plugin SDK. Use them through the `inlay` crate, whose documentation explains them.
mod derive;
mod fixtures;
mod manifest;
mod names;
mod table;
mod widgets;

use proc_macro::TokenStream;

/// Reads the type from JSON, and describes it as a JSON Schema that the host checks before the handler runs.
/// Takes serde's attributes (`#[serde(default)]`) and schemars' (`#[schemars(length(max = 100))]`).
#[proc_macro_derive(Deserialize, attributes(serde, schemars))]
pub fn deserialize(item: TokenStream) -> TokenStream {
    expand(syn::parse(item).and_then(derive::deserialize))
}

/// Writes the type as JSON. Takes serde's attributes.
#[proc_macro_derive(Serialize, attributes(serde, schemars))]
pub fn serialize(item: TokenStream) -> TokenStream {
    expand(syn::parse(item).and_then(derive::serialize))
}

/// `actions! { "hello.greet" => greet }`: the short form of [`plugin!`] for a plugin that only has actions.
#[proc_macro]
pub fn actions(entries: TokenStream) -> TokenStream {
    expand(syn::parse(entries).and_then(table::actions))
}

/// Makes the crate a plugin: `plugin! { actions { "name" => handler, … } queries { "name" => handler, … } }`.
///
/// An entry may carry a doc comment (its description), `#[read]` or `#[destructive]` (an action's effect; plain ones
/// write), and `#[public]`, `#[visitor]`, `#[operator]` or `#[admin]` (who may call it; visitors call actions,
/// everybody queries, unless it says so); a query that answers everybody alike may be `#[shared]`. `inlay.toml` and `widgets/` beside `Cargo.toml` are read at compile time.
/// Defines `PLUGIN`. A first line `folder "examples/quiz";` looks for `inlay.toml` and `widgets/` there instead.
#[proc_macro]
pub fn plugin(table: TokenStream) -> TokenStream {
    expand(syn::parse(table).and_then(table::plugin))
}

fn expand(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(syn::Error::into_compile_error).into()
}
