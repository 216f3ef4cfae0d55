//! A widget's form, posted by a browser without JavaScript: success leads back to the page it came from (303), or is a page
//! with what the plugin showed, where the page it came from would not show that (details of a product, a confirmation). A
//! refusal is a page: the same widget with what was typed and the faults at their fields where the widget can be shown again, else
//! the problem with a way back.
use crate::base::error::{Error, Result};
use crate::base::json;
use crate::doors::kit::{Answer, Problem, answer, body, pages, problem, urlencoded};
use crate::doors::rooms::Shows;
use crate::features::actions::{Action, Outcome};
use crate::features::identity::Caller;
use crate::features::widgets::html::Refused;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Where to go when the form does not say.
const HOME: &str = "/demo";
const LONGEST_PATH: usize = 2048;

pub(super) struct Form {
    /// The JSON of `inlay-action`: `{type, payload}`.
    sent: Value,
    name: String,
    payload: Map<String, Value>,
    values: Map<String, Value>,
    /// A path of this host.
    pub return_to: String,
}

impl Form {
    /// Errors: `malformed_request`, `malformed_json`; `invalid_body` when `inlay-action` is missing or not an action.
    pub(super) fn read(text: &[u8]) -> Result<Form> {
        let (mut sent, mut return_to, mut values) = (None, HOME.to_owned(), Vec::new());
        for (name, value) in urlencoded::pairs(text)? {
            match name.as_str() {
                // A form and the button that sent it may both name one; the button stands later, and counts.
                "inlay-action" => sent = Some(value),
                "inlay-return" if is_local(&value) => return_to = value,
                "inlay-return" => {}
                _ => values.push((name, value)),
            }
        }
        let missing = || body::misshapen("/inlay-action", "is missing: a form must say which action it is".to_owned());
        let sent = json::parse(sent.ok_or_else(missing)?.as_bytes())?;
        let Value::Object(mut action) = sent.clone() else {
            return Err(body::misshapen("/inlay-action", "must be the JSON of an object".to_owned()));
        };
        let name = body::take_string(&mut action, "type")?;
        let payload = body::take_object(&mut action, "payload")?;
        Ok(Form { sent, name, payload, values: urlencoded::object(values), return_to })
    }

    pub(super) fn action(&self) -> Action {
        let (name, parameters, form) = (self.name.clone(), self.payload.clone(), self.values.clone());
        Action { name, parameters, form, ..Action::default() }
    }

    /// After success: the way back, or the page that shows what the way back would not.
    pub(super) async fn done(self, widgets: &dyn Shows, caller: &Caller, outcome: &Outcome) -> Response {
        #[derive(Deserialize)]
        struct Answered {
            message: Option<String>,
            widgets: Vec<One>,
        }
        #[derive(Deserialize)]
        struct One {
            name: String,
            widget: Value,
        }
        let Ok(answered) = serde_json::from_str::<Answered>(&outcome.json) else {
            return answer::see_other(&self.return_to);
        };
        let there = match self.widget() {
            Some((name, params)) => widgets.show(caller, name, params).await.ok(),
            None => None,
        };
        let seen = |one: &One| there.as_ref().is_some_and(|r| *r.name == *one.name && *r.tree() == one.widget);
        if answered.widgets.iter().all(seen) {
            return answer::see_other(&self.return_to);
        }
        let shown: Vec<(&str, &Value)> = answered.widgets.iter().map(|one| (one.name.as_str(), &one.widget)).collect();
        answer::page(pages::outcome(answered.message.as_deref(), &shown, &self.return_to))
    }

    /// The page of a refusal.
    pub(super) async fn refused(self, widgets: &dyn Shows, caller: &Caller, error: Error) -> Answer<Response> {
        match self.shown_again(widgets, caller, &error).await {
            Some(page) => {
                problem::log(&error);
                let mut response = answer::page(page);
                *response.status_mut() = problem::status(error.code.kind());
                Ok(response)
            }
            None => Err(Problem::from(error).leading_back_to(&self.return_to)),
        }
    }

    /// The widget's own page, if the form came from it and the faults are of its fields.
    async fn shown_again(&self, widgets: &dyn Shows, caller: &Caller, error: &Error) -> Option<String> {
        let typed = |fault: &crate::base::error::Fault| {
            let field = fault.pointer.trim_start_matches('/').replace('/', ".");
            self.values.contains_key(&field)
        };
        if !error.faults.iter().any(typed) {
            return None;
        }
        let (name, params) = self.widget()?;
        let shown = widgets.show(caller, name, params).await.ok()?;
        let refused = Refused { action: Some(&self.sent), values: &self.values, faults: &error.faults };
        let title = pages::title(&widgets.list(), name);
        Some(pages::widget(&shown, &title, &self.return_to, Some(refused)))
    }

    /// The widget that the path to go back to shows: `/api/widget/NAME?…` or `/demo#widget-NAME`.
    fn widget(&self) -> Option<(&str, Map<String, Value>)> {
        let (path, fragment) = self.return_to.split_once('#').unwrap_or((&self.return_to, ""));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if let Some(name) = path.strip_prefix("/api/widget/") {
            return Some((name, urlencoded::object(urlencoded::pairs(query.as_bytes()).ok()?)));
        }
        Some((fragment.strip_prefix("widget-")?, Map::new()))
    }
}

/// A path of this host and nothing else: what a browser could read as another host's address (`//host`, `/\host`, control
/// characters that it drops) is not one.
fn is_local(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && path.len() <= LONGEST_PATH
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::Code;
    use serde_json::json;

    #[test]
    fn hidden_fields_are_told_from_values() {
        let text = b"inlay-return=%2Fdemo%23widget-cart&a.b=1&c=x&c=y&inlay-action=%7B%22type%22%3A%22old%22%7D\
                     &inlay-action=%7B%22type%22%3A%22add%22%2C%22payload%22%3A%7B%22id%22%3A7%7D%7D";
        let form = Form::read(text).unwrap();
        assert_eq!(form.return_to, "/demo#widget-cart");
        assert_eq!(form.widget().unwrap().0, "cart");
        let action = form.action();
        assert_eq!(action.name, "add");
        assert_eq!(Value::Object(action.parameters), json!({"id": 7}));
        assert_eq!(Value::Object(action.form), json!({"a.b": "1", "c": ["x", "y"]}));
    }

    #[test]
    fn a_form_without_a_proper_action_is_refused() {
        for (text, code) in [
            ("", Code::InvalidBody),
            ("a=1", Code::InvalidBody),
            ("inlay-action=x", Code::MalformedJson),
            ("inlay-action=", Code::MalformedJson),
            ("inlay-action=[]", Code::InvalidBody),
            ("inlay-action={}", Code::InvalidBody),
            ("inlay-action={\"type\":1}", Code::InvalidBody),
            ("inlay-action={\"type\":\"a\",\"payload\":[]}", Code::InvalidBody),
            ("inlay-action=%", Code::MalformedRequest),
        ] {
            assert_eq!(Form::read(text.as_bytes()).err().map(|e| e.code), Some(code), "{text}");
        }
    }

    #[test]
    fn only_paths_of_this_host_are_gone_back_to() {
        for good in ["/", "/demo", "/demo#widget-cart", "/api/widget/products?search=a%20b&limit=3"] {
            assert!(is_local(good), "{good}");
        }
        let long = format!("/{}", "a".repeat(LONGEST_PATH));
        for bad in [
            "",
            "demo",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\nSet-Cookie: x",
            "/a b",
            "/ü",
            "/\t/evil.example",
            "javascript:alert(1)",
            "/demo\\..",
            &long,
        ] {
            assert!(!is_local(bad), "{bad}");
        }
    }
}
