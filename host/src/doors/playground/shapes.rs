//! What the playground's doors take and give, described for the OpenAPI document.
#![expect(dead_code, reason = "only the descriptions are used")]
use crate::doors::openapi::{Named, named};
use serde_json::Value;
use utoipa::ToSchema;

pub fn all() -> Vec<Named> {
    vec![
        named::<PlaygroundList>(),
        named::<PlaygroundWidget>(),
        named::<Draft>(),
        named::<Trial>(),
        named::<TrialFigures>(),
        named::<Finding>(),
    ]
}

/// The widgets that can be looked at.
#[derive(ToSchema)]
struct PlaygroundList {
    /// Whether the host is in development mode.
    dev: bool,
    widgets: Vec<PlaygroundWidget>,
}

#[derive(ToSchema)]
struct PlaygroundWidget {
    name: String,
    title: String,
    description: String,
    /// The plugin that ships it.
    #[schema(nullable)]
    plugin: Option<String>,
    /// The query that its data comes from.
    #[schema(nullable)]
    source: Option<String>,
    /// Whether it is an author's own, in development mode.
    local: bool,
}

/// A widget as it stands in an editor.
#[derive(ToSchema)]
struct Draft {
    /// Named in messages.
    #[schema(required = false, nullable, max_length = 100)]
    name: Option<String>,
    template: String,
    /// JSON Schema of the data.
    #[schema(required = false)]
    schema: Value,
    /// The template's input, an object; anything else is a finding.
    #[schema(required = false)]
    data: Value,
}

/// What came of a draft.
#[derive(ToSchema)]
struct Trial {
    /// The tree as it is sent; null where the template does not give one.
    #[schema(nullable, value_type = Option<Object>)]
    tree: Option<Value>,
    #[schema(nullable)]
    figures: Option<TrialFigures>,
    findings: Vec<Finding>,
    /// What works, but should be better.
    warnings: Vec<crate::doors::kit::problem::FaultJson>,
    /// Rendering once, in microseconds.
    render_us: u64,
}

#[derive(ToSchema)]
struct TrialFigures {
    /// Of the compact JSON.
    bytes: u64,
    nodes: u64,
    depth: u64,
}

/// One thing that is wrong with a draft.
#[derive(ToSchema)]
struct Finding {
    /// "template", "schema", "data", "tree" or "file".
    part: String,
    /// JSON pointer within that part.
    pointer: String,
    /// Line of the template, 1 being the first, where it is known.
    #[schema(nullable)]
    line: Option<u64>,
    message: String,
}
