//! `/docs`: the OpenAPI document as one page, for reading: no script, nothing from elsewhere.
use crate::doors::openapi;
use crate::features::widgets::html;
use serde_json::Value;
use utoipa::openapi::OpenApi;

const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// The page. It is written from the document's JSON, so that it shows what programs read.
pub(super) fn page(document: &OpenApi) -> String {
    let document = &serde_json::to_value(document).unwrap_or_default();
    let mut page = Page::default();
    page.raw("<div class=\"site-docs\"><h1>Documentation</h1>");
    page.prose(at(document, "/info/description"));
    page.raw("<p>For programs: <a href=\"/openapi.json\">/openapi.json</a>.</p>");
    page.contents(document);
    for tag in list(at(document, "/tags")) {
        page.section(document, tag);
    }
    page.schemes(at(document, "/components/securitySchemes"));
    page.schemas(at(document, "/components/schemas"));
    page.codes();
    page.raw("</div>");
    html::page("Documentation", &page.0, None)
}

/// What a JSON pointer leads to; null where it leads nowhere.
fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    static NULL: Value = Value::Null;
    value.pointer(pointer).unwrap_or(&NULL)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Operations under a tag: method, path, operation.
fn operations<'a>(document: &'a Value, tag: &'a Value) -> impl Iterator<Item = (&'static str, &'a String, &'a Value)> {
    members(&document["paths"]).flat_map(move |(path, item)| {
        let of_tag = move |operation: &&Value| list(&operation["tags"]).any(|t| t == &tag["name"]);
        METHODS.iter().filter_map(move |m| Some((*m, path, item.get(*m).filter(of_tag)?)))
    })
}

#[derive(Default)]
struct Page(String);

impl Page {
    /// HTML that is written in this file.
    fn raw(&mut self, html: &str) -> &mut Page {
        self.0.push_str(html);
        self
    }

    /// Text of the document, escaped; what stands between backticks is code.
    fn text(&mut self, value: &Value) -> &mut Page {
        for (i, part) in value.as_str().unwrap_or_default().split('`').enumerate() {
            match i % 2 {
                1 => self.raw("<code>").escaped(part).raw("</code>"),
                _ => self.escaped(part),
            };
        }
        self
    }

    fn escaped(&mut self, text: &str) -> &mut Page {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    fn prose(&mut self, value: &Value) {
        for paragraph in value.as_str().unwrap_or_default().split("\n\n").filter(|p| !p.is_empty()) {
            self.raw("<p>").text(&Value::from(paragraph)).raw("</p>");
        }
    }

    fn contents(&mut self, document: &Value) {
        self.raw("<nav aria-label=\"Doors\"><ul>");
        for tag in list(&document["tags"]) {
            for (method, path, operation) in operations(document, tag) {
                self.raw("<li><a href=\"#").text(&operation["operationId"]).raw("\"><code>");
                self.escaped(&method.to_ascii_uppercase()).raw(" ").escaped(path).raw("</code></a> ");
                self.text(&operation["summary"]).raw("</li>");
            }
        }
        self.raw("<li><a href=\"#credentials\">Credentials</a></li><li><a href=\"#shapes\">Shapes</a></li>");
        self.raw("<li><a href=\"#codes\">Codes of problems</a></li></ul></nav>");
    }

    fn section(&mut self, document: &Value, tag: &Value) {
        self.raw("<section><h2>").text(&tag["name"]).raw("</h2>");
        self.prose(&tag["description"]);
        for (method, path, operation) in operations(document, tag) {
            self.raw("<article id=\"").text(&operation["operationId"]).raw("\"><h3><code>");
            self.escaped(&method.to_ascii_uppercase()).raw(" ").escaped(path).raw("</code></h3><p><strong>");
            self.text(&operation["summary"]).raw("</strong></p>");
            self.prose(&operation["description"]);
            self.credentials(&operation["security"]);
            self.parameters(&operation["parameters"]);
            self.body(&operation["requestBody"]);
            self.responses(&operation["responses"]);
            self.raw("</article>");
        }
        self.raw("</section>");
    }

    fn credentials(&mut self, security: &Value) {
        let names: Vec<&str> = list(security).flat_map(members).map(|(name, _)| name.as_str()).collect();
        let optional = list(security).any(|one| one.as_object().is_some_and(|one| one.is_empty()));
        if names.is_empty() {
            return;
        }
        self.raw("<p>Credential: ");
        for (i, name) in names.iter().enumerate() {
            self.raw(if i == 0 { "" } else { " or " }).raw("<a href=\"#credential-").escaped(name).raw("\"><code>");
            self.escaped(name).raw("</code></a>");
        }
        self.raw(if optional { "; none makes a new visitor.</p>" } else { ".</p>" });
    }

    fn parameters(&mut self, parameters: &Value) {
        if list(parameters).next().is_none() {
            return;
        }
        self.raw("<div class=\"site-table\" role=\"region\" aria-label=\"Parameters\" tabindex=\"0\"><table>");
        self.raw("<thead><tr><th scope=\"col\">Parameter</th><th scope=\"col\">In</th><th scope=\"col\">Type</th>");
        self.raw("<th scope=\"col\">Meaning</th></tr></thead><tbody>");
        for parameter in list(parameters) {
            self.raw("<tr><th scope=\"row\"><code>").text(&parameter["name"]).raw("</code></th><td>");
            self.text(&parameter["in"]).raw("</td><td>");
            self.schema(&parameter["schema"]);
            self.raw("</td><td>").text(&parameter["description"]).raw("</td></tr>");
        }
        self.raw("</tbody></table></div>");
    }

    fn body(&mut self, body: &Value) {
        if body.is_null() {
            return;
        }
        self.raw("<p>Body: ").text(&body["description"]).raw("</p><ul>");
        self.content(&body["content"]);
        self.raw("</ul>");
    }

    fn content(&mut self, content: &Value) {
        for (media, body) in members(content) {
            self.raw("<li><code>").escaped(media).raw("</code> ");
            self.schema(&body["schema"]);
            self.raw("</li>");
        }
    }

    /// Good answers with their content; of problems the codes, for their content is always the same.
    fn responses(&mut self, responses: &Value) {
        self.raw("<dl>");
        for (status, response) in members(responses) {
            self.raw("<dt>").escaped(status).raw("</dt><dd>");
            match response["x-codes"].is_array() && response["content"].as_object().is_none_or(|c| c.len() == 1) {
                true => self.codes_of(&response["x-codes"]),
                false => {
                    self.text(&response["description"]).raw("<ul>");
                    self.content(&response["content"]);
                    self.raw("</ul>");
                }
            }
            self.raw("</dd>");
        }
        self.raw("</dl>");
    }

    fn codes_of(&mut self, codes: &Value) {
        for (i, code) in list(codes).enumerate() {
            self.raw(if i == 0 { "" } else { ", " })
                .raw("<a href=\"#code-")
                .text(code)
                .raw("\"><code>")
                .text(code)
                .raw("</code></a>");
        }
    }

    /// A schema in one line: a link to its shape, or its type.
    fn schema(&mut self, schema: &Value) {
        if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
            self.raw("<a href=\"#shape-").escaped(name).raw("\">").escaped(name).raw("</a>");
            return;
        }
        let several = list(&schema["oneOf"]).chain(list(&schema["anyOf"])).chain(list(&schema["allOf"]));
        for (i, one) in several.enumerate() {
            self.raw(if i == 0 { "" } else { " or " });
            self.schema(one);
        }
        match &schema["type"] {
            Value::String(kind) if kind == "array" => {
                self.raw("list of ");
                self.schema(&schema["items"]);
            }
            Value::String(kind) => _ = self.escaped(kind),
            Value::Array(kinds) => {
                let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
                self.escaped(&kinds.join(" or "));
            }
            _ if schema.get("oneOf").is_none() => _ = self.raw("anything"),
            _ => {}
        }
    }

    fn schemes(&mut self, schemes: &Value) {
        self.raw("<section id=\"credentials\"><h2>Credentials</h2><dl>");
        for (name, scheme) in members(schemes) {
            self.raw("<dt id=\"credential-").escaped(name).raw("\"><code>").escaped(name).raw("</code></dt><dd>");
            match scheme["name"].is_string() {
                true => self.raw("<code>").text(&scheme["name"]).raw("</code> in the ").text(&scheme["in"]),
                false => self.raw("<code>Authorization: Bearer …</code>"),
            };
            self.raw(". ").text(&scheme["description"]).raw("</dd>");
        }
        self.raw("</dl></section>");
    }

    fn schemas(&mut self, schemas: &Value) {
        self.raw("<section id=\"shapes\"><h2>Shapes</h2>");
        for (name, schema) in members(schemas) {
            self.raw("<article id=\"shape-").escaped(name).raw("\"><h3>").escaped(name).raw("</h3>");
            self.prose(&schema["description"]);
            if schema["properties"].is_null() {
                self.raw("<p>");
                self.schema(schema);
                self.raw("</p>");
            } else {
                self.properties(schema);
            }
            self.raw("</article>");
        }
        self.raw("</section>");
    }

    fn properties(&mut self, schema: &Value) {
        self.raw("<div class=\"site-table\" role=\"region\" aria-label=\"Members\" tabindex=\"0\"><table><thead><tr>");
        self.raw("<th scope=\"col\">Member</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr></thead><tbody>");
        for (name, member) in members(&schema["properties"]) {
            let required = list(&schema["required"]).any(|r| r == name);
            self.raw("<tr><th scope=\"row\"><code>").escaped(name).raw("</code>");
            self.raw(if required { "" } else { " (optional)" }).raw("</th><td>");
            self.schema(member);
            self.raw("</td><td>").text(&member["description"]).raw("</td></tr>");
        }
        self.raw("</tbody></table></div>");
    }

    fn codes(&mut self) {
        self.raw("<section id=\"codes\"><h2>Codes of problems</h2>");
        self.raw("<p>The member <code>code</code> of a problem is one of these; its meaning never changes.</p><dl>");
        for (status, code) in openapi::codes() {
            let word = code.word();
            self.raw("<dt id=\"code-").escaped(word).raw("\"><code>").escaped(word).raw("</code> · ");
            self.escaped(&status.to_string()).raw("</dt><dd>").escaped(code.title()).raw("</dd>");
        }
        self.raw("</dl></section>");
    }
}
