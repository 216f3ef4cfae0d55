//! What the doors of validation and profiler take and give, described for the OpenAPI document.
#![expect(dead_code, reason = "only the descriptions are used")]
use super::shapes::{Named, named};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

pub(super) fn all() -> Vec<Named> {
    vec![
        named::<Subject>(),
        named::<Report>(),
        named::<Finding>(),
        named::<TreeFigures>(),
        named::<Profile>(),
        named::<WidgetSize>(),
        named::<WidgetTimes>(),
        named::<TemplateLine>(),
        named::<WidgetChange>(),
    ]
}

/// What is looked at: one of `widget`, `template` and `file`.
#[derive(ToSchema)]
#[schema(as = WidgetSubject)]
struct Subject {
    /// A widget tree.
    #[schema(required = false, nullable)]
    widget: Option<Value>,
    /// A template's text.
    #[schema(required = false, nullable = false)]
    template: Option<String>,
    /// JSON Schema of the template's input.
    #[schema(required = false, nullable)]
    schema: Option<Value>,
    /// Input of the template or file; of a file, its sample when absent.
    #[schema(required = false, nullable, value_type = Option<Object>)]
    data: Option<Value>,
    /// A `.widget` file, as an object or as its text.
    #[schema(required = false, nullable = false)]
    file: Option<Value>,
}

#[derive(ToSchema)]
#[schema(as = WidgetReport)]
pub struct Report {
    /// Whether nothing is an error.
    valid: bool,
    errors: usize,
    warnings: usize,
    /// At most 200.
    findings: Vec<Finding>,
    /// Findings that are counted, but not listed.
    more: usize,
    /// Of the tree as it is sent; null where there is no tree.
    #[schema(nullable)]
    figures: Option<TreeFigures>,
}

#[derive(ToSchema)]
#[schema(as = WidgetFinding)]
struct Finding {
    /// JSON pointer into the tree; of `data_misfit`, into the input.
    pointer: String,
    /// Line of the template, where it is known.
    #[schema(required = false, nullable = false)]
    line: Option<usize>,
    #[schema(pattern = "^(error|warning)$", example = "error")]
    severity: String,
    #[schema(pattern = "^(structure|rules|accessibility|limits|template)$", example = "structure")]
    area: String,
    /// A stable word.
    #[schema(example = "unknown_component")]
    code: String,
    message: String,
    #[schema(required = false, nullable = false, example = "Did you mean Button?")]
    hint: Option<String>,
    /// The success criterion of WCAG 2.2.
    #[schema(required = false, nullable = false, example = "1.1.1 Non-text Content")]
    wcag: Option<String>,
}

#[derive(ToSchema)]
struct TreeFigures {
    /// Of compact JSON.
    bytes: usize,
    nodes: usize,
    /// Nodes inside each other, the root being 1.
    depth: usize,
}

#[derive(ToSchema)]
#[schema(as = WidgetProfile)]
pub struct Profile {
    valid: bool,
    errors: usize,
    warnings: usize,
    findings: Vec<Finding>,
    more: usize,
    #[schema(nullable)]
    figures: Option<TreeFigures>,
    #[schema(nullable)]
    size: Option<WidgetSize>,
    /// How many there are of each component.
    components: BTreeMap<String, usize>,
    #[schema(nullable)]
    times: Option<WidgetTimes>,
    /// The lines of the template that take most steps, at most 10.
    lines: Vec<TemplateLine>,
    /// Against the figures that are kept of a widget of this name.
    #[schema(nullable)]
    change: Option<WidgetChange>,
    /// What could be better, in words.
    recommendations: Vec<String>,
}

/// The same in every run.
#[derive(ToSchema)]
pub struct WidgetSize {
    bytes: usize,
    gzip_bytes: usize,
    nodes: usize,
    depth: usize,
    /// Instructions of the template.
    steps: u64,
}

/// Medians, in microseconds.
#[derive(ToSchema)]
pub struct WidgetTimes {
    runs: usize,
    /// From the input to the text that is sent; null for a tree without a template.
    #[schema(nullable)]
    render_us: Option<f64>,
    validate_us: f64,
    serialize_us: f64,
    parse_us: f64,
    /// A usual card with ten rows, rendered in the same moment.
    reference_us: f64,
    /// How many times as long as that card.
    #[schema(nullable)]
    to_reference: Option<f64>,
}

#[derive(ToSchema)]
pub struct TemplateLine {
    line: usize,
    /// How often something on it ran.
    visits: u64,
    steps: u64,
    /// The median, the cost of measuring taken off.
    nanoseconds: u64,
    /// Of all steps.
    percent: f64,
    source: String,
}

#[derive(ToSchema)]
pub struct WidgetChange {
    baseline: WidgetSize,
    bytes_percent: f64,
    gzip_bytes_percent: f64,
    nodes_percent: f64,
    steps_percent: f64,
}

#[cfg(test)]
mod tests {
    use super::super::shapes::tests::members;
    use super::*;
    use crate::features::widgets::inspect;
    use serde_json::json;

    #[test]
    fn shapes_are_what_the_room_writes() {
        let template =
            "{\"type\": \"Card\", \"children\": [{\"type\": \"Imge\"}, {\"type\": \"Image\", \"src\": \"{{ 1 }}\"}]}";
        let body = json!({"file": {"version": "1.0", "name": "cart", "template": template}});
        let subject = inspect::Subject::read(body.as_object().unwrap().clone()).unwrap();
        let before = inspect::Baseline { bytes: 1, gzip_bytes: 1, nodes: 1, depth: 1, steps: 1 };
        let profile = inspect::profile(&subject, &Default::default(), Some(&before));
        let profile = serde_json::to_value(&profile).unwrap();
        let same = |(described, written): (Vec<String>, Vec<String>)| assert_eq!(described, written);
        same(members::<Profile>(&profile));
        same(members::<Report>(inspect::validate(&subject, &Default::default())));
        same(members::<TreeFigures>(&profile["figures"]));
        same(members::<WidgetSize>(&profile["size"]));
        same(members::<WidgetTimes>(&profile["times"]));
        same(members::<TemplateLine>(&profile["lines"][0]));
        same(members::<WidgetChange>(&profile["change"]));
        let all = profile["findings"].as_array().unwrap();
        let mut finding = serde_json::Map::new();
        all.iter().for_each(|one| finding.extend(one.as_object().unwrap().clone()));
        same(members::<Finding>(finding));
    }
}
