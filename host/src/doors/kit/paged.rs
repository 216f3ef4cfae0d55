//! `limit` and `after` of a list's query.
use crate::base::error::{Code, Error, Fault, Result};
use crate::base::page::{Listed, MOST, Page};
use crate::doors::kit::answer::Json;
use crate::doors::kit::{Problem, body};
use crate::doors::openapi::Door;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;
use serde_json::{Map, Value};

/// Ids are shorter.
const LONGEST_AFTER: usize = 80;

/// Which piece of a list is asked for. Errors: `invalid_parameters`.
pub struct Paged(pub Page);

impl<S: Send + Sync> FromRequestParts<S> for Paged {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Paged, Problem> {
        Ok(Paged(page(&mut body::query(&parts.uri)?)?))
    }
}

fn page(query: &mut Map<String, Value>) -> Result<Page> {
    let mut page = Page::default();
    match query.remove("limit") {
        None => {}
        Some(Value::String(text)) => {
            let limit = text.parse::<u32>().ok().filter(|limit| (1..=MOST).contains(limit));
            page.limit = limit.ok_or_else(|| wrong("/limit", "must be a number from 1 to 100"))?;
        }
        Some(_) => return Err(wrong("/limit", "must be sent once")),
    }
    match query.remove("after") {
        None => {}
        Some(Value::String(text)) if text.len() <= LONGEST_AFTER && text.bytes().all(|b| b.is_ascii_graphic()) => {
            page.after = text;
        }
        Some(_) => return Err(wrong("/after", "must be the `next` of an earlier answer, sent once")),
    }
    Ok(page)
}

#[track_caller]
fn wrong(pointer: &str, message: &str) -> Error {
    let fault = Fault { pointer: pointer.to_owned(), message: message.to_owned() };
    Error::new(Code::InvalidParameters, format!("{pointer} {message}")).with_faults(vec![fault])
}

/// A piece of a list, under the list's own name.
pub fn listed<T: Serialize>(name: &str, list: &Listed<T>) -> Result<Json<Value>> {
    let items = serde_json::to_value(&list.items).map_err(Error::internal)?;
    let next = list.next.clone().map_or(Value::Null, Value::String);
    Ok(Json(Value::Object(Map::from_iter([(name.to_owned(), items), ("next".to_owned(), next)]))))
}

/// What a list adds to a door.
pub fn paged(door: Door) -> Door {
    door.query("limit", "How many, 1 to 100; 50 where it is absent", "integer")
        .query("after", "The `next` of the piece before", "string")
        .refuses(&[Code::InvalidParameters])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Page> {
        let uri = format!("/x?{query}").parse().unwrap();
        page(&mut body::query(&uri).unwrap())
    }

    #[test]
    fn pieces_are_bounded() {
        assert_eq!(read("").unwrap(), Page::default());
        assert_eq!(read("limit=100&after=key_1").unwrap(), Page { limit: 100, after: "key_1".into() });
        let long = format!("after={}", "a".repeat(81));
        for bad in [
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=x",
            "limit=",
            "limit=1&limit=2",
            "after=a&after=b",
            &long,
            "after=%20",
            "after=%00",
        ] {
            assert_eq!(read(bad).unwrap_err().code, Code::InvalidParameters, "{bad}");
        }
    }
}
