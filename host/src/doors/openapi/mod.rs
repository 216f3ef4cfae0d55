//! A door: where it is, what handles it, and what a stranger must know of it. Router and document are made from the same
//! list.
mod account_shapes;
mod bot_shapes;
mod plugin_shapes;
mod inspect_shapes;
mod shapes;
mod tenant_shapes;
mod watch_shapes;

pub use shapes::{Named, ShownWidget, named};

use crate::doors::audit::shapes::{AuditLine, AuditPage};

use crate::base::error::Code;
use crate::doors::Hall;
use crate::doors::kit::limits::Counting;
use crate::doors::kit::problem;
use axum::handler::Handler;
use axum::routing::{self, MethodRouter};
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder,
    PathsBuilder, Ref, Required, ResponseBuilder, ResponsesBuilder, Type, extensions::Extensions, tag::TagBuilder,
};

/// What every door may answer, whatever it does.
const ALWAYS: &[Code] = &[Code::MalformedRequest, Code::RateLimited, Code::Internal, Code::Deadline];
const WORKING: &[Code] = &[Code::Overloaded];

/// Who may use a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Everybody, without any credential.
    Nobody,
    /// Everybody becomes a visitor; a token or key raises what one may do.
    Visitor,
    /// An admin of the host.
    Admin,
    /// Somebody who has signed in.
    Account,
    /// A member of the workspace that he acts in, or the command line's admin.
    Member,
    /// A company token, or a member's access token.
    Manager,
    /// A company token.
    Company,
    /// An operator's token.
    Operator,
    /// A widget token.
    Widget,
    /// An API key.
    Key,
    /// Any token or key.
    Any,
}

pub struct Door {
    pub path: &'static str,
    pub method: HttpMethod,
    pub route: MethodRouter<Hall>,
    pub summary: &'static str,
    about: &'static str,
    tag: &'static str,
    id: &'static str,
    guard: Guard,
    free: bool,
    parameters: Vec<Parameter>,
    bodies: Vec<(&'static str, &'static str, &'static str)>,
    answers: Vec<Outcome>,
    codes: Vec<Code>,
}

/// One way in which a door answers when all is well: status, media type and schema (none: no body), and words.
struct Outcome {
    status: u16,
    content: Option<(&'static str, &'static str)>,
    words: &'static str,
}

impl Door {
    pub fn get<H: Handler<T, Hall>, T: 'static>(path: &'static str, handler: H) -> Door {
        Door::new(path, HttpMethod::Get, routing::get(handler))
    }

    pub fn post<H: Handler<T, Hall>, T: 'static>(path: &'static str, handler: H) -> Door {
        Door::new(path, HttpMethod::Post, routing::post(handler))
    }

    pub fn put<H: Handler<T, Hall>, T: 'static>(path: &'static str, handler: H) -> Door {
        Door::new(path, HttpMethod::Put, routing::put(handler))
    }

    pub fn delete<H: Handler<T, Hall>, T: 'static>(path: &'static str, handler: H) -> Door {
        Door::new(path, HttpMethod::Delete, routing::delete(handler))
    }

    pub fn patch<H: Handler<T, Hall>, T: 'static>(path: &'static str, handler: H) -> Door {
        Door::new(path, HttpMethod::Patch, routing::patch(handler))
    }

    fn new(path: &'static str, method: HttpMethod, route: MethodRouter<Hall>) -> Door {
        let (parameters, bodies, answers, codes) = (Vec::new(), Vec::new(), Vec::new(), ALWAYS.to_vec());
        let (summary, about, tag, id, guard, free) = ("", "", "", "", Guard::Nobody, false);
        Door { path, method, route, summary, about, tag, id, guard, free, parameters, bodies, answers, codes }
    }

    /// Requests are not counted: they cost next to nothing, or whoever sends them must never be turned away.
    pub fn free(mut self) -> Door {
        self.free = true;
        self.codes.retain(|code| *code != Code::RateLimited);
        self
    }

    /// The method as requests name it.
    pub fn verb(&self) -> &'static str {
        verb(&self.method)
    }

    pub fn counting(&self) -> Counting {
        match self.guard {
            _ if self.free => Counting::Free,
            Guard::Nobody => Counting::ByAddress,
            _ => Counting::ByCaller,
        }
    }

    pub fn says(mut self, tag: &'static str, id: &'static str, summary: &'static str, about: &'static str) -> Door {
        (self.tag, self.id, self.summary, self.about) = (tag, id, summary, about);
        self
    }

    pub fn guard(mut self, guard: Guard) -> Door {
        self.guard = guard;
        let codes: &[Code] = match guard {
            Guard::Nobody => &[],
            Guard::Visitor => &[Code::InvalidToken],
            Guard::Any => &[Code::MissingToken, Code::InvalidToken, Code::CrossSite],
            Guard::Admin => &[Code::MissingToken, Code::InvalidToken, Code::Forbidden, Code::CrossSite],
            Guard::Member | Guard::Manager => &[Code::MissingToken, Code::InvalidToken, Code::Forbidden],
            Guard::Widget | Guard::Key => &[Code::MissingToken, Code::InvalidToken, Code::OriginNotAllowed],
            Guard::Account | Guard::Company | Guard::Operator => &[Code::MissingToken, Code::InvalidToken],
        };
        self.refuses(codes)
    }

    /// The door makes a room work, so it can be too busy.
    pub fn works(self) -> Door {
        self.refuses(WORKING)
    }

    pub fn path_param(self, name: &'static str, words: &'static str) -> Door {
        self.parameter(name, words, ParameterIn::Path, Type::String)
    }

    pub fn query(self, name: &'static str, words: &'static str, kind: &'static str) -> Door {
        let kind = if kind == "integer" { Type::Integer } else { Type::String };
        self.parameter(name, words, ParameterIn::Query, kind)
    }

    pub fn header(self, name: &'static str, words: &'static str) -> Door {
        self.parameter(name, words, ParameterIn::Header, Type::String)
    }

    fn parameter(mut self, name: &str, words: &str, place: ParameterIn, kind: Type) -> Door {
        let required = if place == ParameterIn::Path { Required::True } else { Required::False };
        let parameter =
            ParameterBuilder::new().name(name).parameter_in(place).required(required).description(Some(words));
        let mut schema = ObjectBuilder::new().schema_type(kind);
        if name == "Idempotency-Key" {
            schema = schema.min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]+$"));
        }
        self.parameters.push(parameter.schema(Some(schema)).build());
        self
    }

    /// A body that is taken, by media type and name of its schema.
    pub fn takes(mut self, media: &'static str, schema: &'static str, words: &'static str) -> Door {
        self.bodies.push((media, schema, words));
        self
    }

    pub fn answers_json(self, status: u16, schema: &'static str, words: &'static str) -> Door {
        self.answers(status, Some(("application/json", schema)), words)
    }

    pub fn answers(mut self, status: u16, content: Option<(&'static str, &'static str)>, words: &'static str) -> Door {
        self.answers.push(Outcome { status, content, words });
        self
    }

    /// Codes with which it refuses.
    pub fn refuses(mut self, codes: &[Code]) -> Door {
        self.codes.extend(codes.iter().filter(|code| !self.codes.contains(code)).copied().collect::<Vec<_>>());
        self
    }

    fn operation(&self) -> Operation {
        let mut operation = OperationBuilder::new()
            .tag(self.tag)
            .operation_id(Some(self.id))
            .summary(Some(self.summary))
            .description(Some(self.about).filter(|about| !about.is_empty()))
            .parameters(Some(self.parameters.clone()).filter(|p| !p.is_empty()))
            .responses(self.responses());
        for requirement in requirements(self.guard) {
            operation = operation.security(requirement);
        }
        if self.bodies.is_empty() {
            return operation.build();
        }
        let mut body = RequestBodyBuilder::new().required(Some(Required::True));
        for (media, schema, words) in &self.bodies {
            body = body.description(Some(*words)).content(*media, content(schema));
        }
        operation.request_body(Some(body.build())).build()
    }

    fn responses(&self) -> utoipa::openapi::Responses {
        let mut statuses: Vec<u16> = self.answers.iter().map(|answer| answer.status).collect();
        statuses.extend(self.codes.iter().map(|code| problem::status(code.kind()).as_u16()));
        statuses.sort_unstable();
        statuses.dedup();
        statuses
            .into_iter()
            .fold(ResponsesBuilder::new(), |all, status| all.response(status.to_string(), self.response(status)))
            .build()
    }

    /// Everything that this status can mean: answers by media type, and problems by code.
    fn response(&self, status: u16) -> utoipa::openapi::Response {
        let answers = || self.answers.iter().filter(|answer| answer.status == status);
        let codes: Vec<Code> =
            self.codes.iter().filter(|c| problem::status(c.kind()).as_u16() == status).copied().collect();
        let mut words: Vec<String> = answers().map(|answer| answer.words.to_owned()).collect();
        words.extend(codes.iter().map(|code| format!("`{}`: {}", code.word(), code.title())));
        words.dedup();
        let mut response = ResponseBuilder::new().description(words.join(". "));
        for (media, schema) in answers().filter_map(|answer| answer.content) {
            response = response.content(media, content(schema));
        }
        if !codes.is_empty() {
            let names: Vec<&str> = codes.iter().map(|code| code.word()).collect();
            response = response.content("application/problem+json", content("Problem"));
            response = response.extensions(Some(Extensions::builder().add("x-codes", names).build()));
        }
        response.build()
    }
}

pub fn verb(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Options => "OPTIONS",
        HttpMethod::Head => "HEAD",
        HttpMethod::Patch => "PATCH",
        _ => "TRACE",
    }
}

fn content(schema: &str) -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build()
}

fn requirements(guard: Guard) -> Vec<SecurityRequirement> {
    let one = |name: &str| SecurityRequirement::new(name, [] as [&str; 0]);
    match guard {
        Guard::Nobody => vec![SecurityRequirement::default()],
        Guard::Admin => vec![one("token"), one("account")],
        Guard::Account => vec![one("account")],
        Guard::Member => vec![one("account"), one("token")],
        Guard::Manager => vec![one("company"), one("account"), one("token")],
        Guard::Company => vec![one("company")],
        Guard::Operator => vec![one("operator")],
        Guard::Widget => vec![one("widget")],
        Guard::Key => vec![one("apiKey")],
        Guard::Any => ["apiKey", "token", "account", "operator", "widget"].map(one).to_vec(),
        // The empty one: who sends nothing becomes a new visitor.
        Guard::Visitor => {
            vec![
                one("visitorCookie"),
                one("visitorHeader"),
                one("apiKey"),
                one("token"),
                one("account"),
                one("operator"),
                one("widget"),
                SecurityRequirement::default(),
            ]
        }
    }
}

/// The document of these doors.
pub fn document(doors: &[Door]) -> OpenApi {
    let paths = doors.iter().fold(PathsBuilder::new(), |paths, door| {
        paths.path(door.path, PathItem::new(door.method.clone(), door.operation()))
    });
    let components = shapes::all()
        .into_iter()
        .chain(watch_shapes::all())
        .chain(crate::doors::playground::shapes())
        .chain([named::<AuditPage>(), named::<AuditLine>()])
        .chain(inspect_shapes::all())
        .chain(account_shapes::all())
        .chain(bot_shapes::all())
        .chain(tenant_shapes::all())
        .fold(ComponentsBuilder::new(), |c, (name, schema)| c.schema(name, schema));
    let components = schemes().into_iter().fold(components, |c, (name, scheme)| c.security_scheme(name, scheme));
    let license = LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0"));
    let info = InfoBuilder::new()
        .title("Inlay")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license.build()));
    let tag = |name: &str, words: &str| TagBuilder::new().name(name).description(Some(words)).build();
    OpenApiBuilder::new()
        .info(info.build())
        .paths(paths.build())
        .components(Some(components.build()))
        .tags(Some([
            tag("widgets", "Widgets, the actions people take in them, and the data behind them"),
            tag("audit", "Who did what, from where, and how it ended; for admins"),
            tag("accounts", "Signing up, in and out, and one's own account"),
            tag("workspaces", "Workspaces, their members, and invitations"),
            tag("operators", "Organizations of a workspace, and the operators who answer there"),
            tag("keys", "API keys of a workspace"),
            tag("plugins", "What handles actions and answers queries; for admins"),
            tag("playground", "Where widgets are made: for admins, and in development mode for everybody"),
            tag("bots", "Bots, and the tokens of pages that show one; for members of a workspace"),
            tag("visitors", "Who visitors are, and what is kept of them"),
            tag("site", "Pages for people, and the state of the host"),
        ]))
        .build()
}

const ABOUT: &str = "Widgets whose buttons run sandboxed plugins.\n\n\
JSON in, JSON out, UTF-8. A body may have 1 MiB and its JSON 64 levels. Every answer carries `X-Request-Id`; one that is \
sent is kept. Whoever calls as a visitor gets the proof of it in `X-Inlay-Visitor`, and in an HttpOnly cookie when it is \
new. Failures are RFC 9457 problems with a stable `code`.";

fn schemes() -> [(&'static str, SecurityScheme); 8] {
    let bearer = |words: &str| {
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(words));
        SecurityScheme::Http(token.build())
    };
    let key = |name: &str, words: &str| ApiKeyValue::with_description(name, words);
    [
        ("token", bearer("From `inlay token create`, or the one that the start prints")),
        ("account", bearer("An account's access token")),
        ("company", bearer("A company token, from `/api/company/get-token`")),
        ("operator", bearer("An operator's token, from `/api/operator/get-token`")),
        ("widget", bearer("A widget token, from `/widget/generate`")),
        ("apiKey", SecurityScheme::ApiKey(ApiKey::Header(key("X-API-Key", "A server's key, from `auth.api_keys`")))),
        ("visitorHeader", SecurityScheme::ApiKey(ApiKey::Header(key("X-Inlay-Visitor", "The signed id of a visitor")))),
        ("visitorCookie", SecurityScheme::ApiKey(ApiKey::Cookie(key("inlay_visitor", "The same as a cookie")))),
    ]
}

/// Codes by status, for the page of the document.
pub fn codes() -> Vec<(u16, Code)> {
    let mut all: Vec<(u16, Code)> =
        Code::ALL.iter().map(|code| (problem::status(code.kind()).as_u16(), *code)).collect();
    all.sort_by_key(|(status, _)| *status);
    all
}
