//! What a stranger must know of these doors.
use super::{action, cart, data, inspect, list, products, show, submissions};
use crate::base::error::Code;
use crate::doors::openapi::{Door, Guard};

const TAG: &str = "widgets";
/// How a query, and with it a widget's data source, can fail.
const QUERY: &[Code] = &[
    Code::InvalidParameters,
    Code::InvalidForm,
    Code::MissingToken,
    Code::Forbidden,
    Code::Refused,
    Code::PluginFailed,
    Code::PluginTimeout,
    Code::PluginLimit,
    Code::PluginBusy,
    Code::PluginUnavailable,
    Code::InputRefused,
    Code::Database,
];
/// How a body can be wrong that is only looked at.
const INSPECT: &[Code] = &[
    Code::MalformedJson,
    Code::TooDeep,
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMedia,
    Code::InvalidBody,
    Code::InvalidWidget,
];
const PAGED: &str = "Most entries of one page";

pub fn doors() -> Vec<Door> {
    vec![
        Door::get("/api/widgets", list)
            .says(TAG, "listWidgets", "List widgets", "Name, title, schemas, data source, preview and figures of each widget.")
            .answers_json(200, "WidgetList", "The catalogue"),
        Door::get("/api/widget/{name}", show)
            .says(
                TAG,
                "showWidget",
                "Show a widget",
                "Renders the widget with its data source: the widget tree as JSON, or with `Accept: text/html` a page that \
                 works without JavaScript. Query parameters become the template's input; the widget's `params` schema, to be \
                 found in the catalogue, says which there are.",
            )
            .guard(Guard::Visitor)
            .works()
            .path_param("name", "The widget's name")
            .header("If-None-Match", "An entity tag of an earlier answer")
            .answers_json(200, "WidgetTree", "The widget")
            .answers(200, Some(("text/html", "Text")), "The widget")
            .answers(304, None, "The caller has it already")
            .refuses(&[Code::UnknownWidget, Code::NotAcceptable, Code::WidgetTemplate])
            .refuses(QUERY),
        Door::post("/api/widgets/validate", inspect::validate)
            .says(
                TAG,
                "validateWidget",
                "Validate a widget",
                "Structure, rules, accessibility (WCAG 2.2) and limits of a tree, or of what a template makes of its data; \
                 each finding with a pointer and, of a template, its line. Nothing is stored. See docs/widgets.md.",
            )
            .guard(Guard::Any)
            .works()
            .takes("application/json", "WidgetSubject", "What is looked at; the tree itself is taken, too")
            .answers_json(200, "WidgetReport", "What was found; also when there are errors")
            .refuses(INSPECT),
        Door::post("/api/widgets/profile", inspect::profile)
            .says(
                TAG,
                "profileWidget",
                "Profile a widget",
                "As the validation, and what the widget weighs, how long it takes beside a reference widget, which lines \
                 of its template take most steps, and what could be better.",
            )
            .guard(Guard::Any)
            .works()
            .takes("application/json", "WidgetSubject", "What is looked at; the tree itself is taken, too")
            .answers_json(200, "WidgetProfile", "Its figures")
            .refuses(INSPECT),
        Door::get("/schemas/widget.json", inspect::widget_schema)
            .says(
                TAG,
                "widgetSchema",
                "The schema of widget trees",
                "JSON Schema (draft 2020-12) of every component and property, of a tree as it is sent.",
            )
            .answers_json(200, "Data", "The schema")
            .answers(304, None, "The caller has it already"),
        act(),
        Door::get("/api/products", products)
            .says(TAG, "listProducts", "List products", "The query `products`.")
            .guard(Guard::Visitor)
            .works()
            .query("search", "Words to look for", "string")
            .query("category", "One category alone", "string")
            .query("limit", PAGED, "integer")
            .query("after", "`next` of the page before", "string")
            .answers_json(200, "Data", "A page of products")
            .refuses(&[Code::UnknownQuery])
            .refuses(QUERY),
        Door::get("/api/cart", cart)
            .says(TAG, "getCart", "Look into the cart", "The query `cart`: the visitor's own cart.")
            .guard(Guard::Visitor)
            .works()
            .answers_json(200, "Data", "The cart")
            .refuses(&[Code::UnknownQuery])
            .refuses(QUERY),
        Door::get("/api/submissions", submissions)
            .says(TAG, "listSubmissions", "List submissions", "The query `submissions`, for admins: newest first.")
            .guard(Guard::Admin)
            .works()
            .query("limit", PAGED, "integer")
            .query("after", "`next` of the page before", "string")
            .answers_json(200, "Data", "A page of submissions")
            .refuses(&[Code::UnknownQuery])
            .refuses(QUERY),
        Door::get("/api/data/{query}", data)
            .says(
                TAG,
                "query",
                "Ask a query",
                "Any query of a plugin by its name. Query parameters become its input; one that is sent more than once \
                 becomes an array.",
            )
            .guard(Guard::Visitor)
            .works()
            .path_param("query", "The query's name")
            .answers_json(200, "Data", "The query's answer")
            .refuses(&[Code::UnknownQuery])
            .refuses(QUERY),
    ]
}

fn act() -> Door {
    Door::post("/api/widget-action", action::act)
        .says(
            TAG,
            "act",
            "Take an action",
            "Hands an action to its plugin. All that it does is stored before it is answered, or nothing is. With an \
             `Idempotency-Key` a repeat gets the stored answer. HTML forms are answered by 303 back to `inlay-return`, or by a \
             page that shows what is wrong.",
        )
        .guard(Guard::Visitor)
        .works()
        .header("Idempotency-Key", "1 to 255 visible ASCII characters; the same key, caller and body get the stored answer")
        .takes("application/json", "Action", "The action")
        .takes("application/x-www-form-urlencoded", "FormAction", "The action, as JSON or as an HTML form")
        .answers_json(200, "Answer", "The action is done and stored; `Idempotency-Replayed: true` when it was before")
        .answers(303, None, "A form's action is done; `Location` leads back")
        .refuses(&[
            Code::MalformedJson,
            Code::TooDeep,
            Code::IdempotencyKey,
            Code::CrossSite,
            Code::UnknownAction,
            Code::RequestTimeout,
            Code::ActionConflict,
            Code::StateConflict,
            Code::BodyTooLarge,
            Code::UnsupportedMedia,
            Code::InvalidBody,
            Code::InvalidForm,
            Code::IdempotencyMismatch,
            Code::InProgress,
            Code::WidgetTemplate,
            Code::StorageFull,
        ])
        .refuses(QUERY)
}
