//! What was sent with the contact form.
use crate::form::Reason;
use crate::keep;
use inlay::*;

#[derive(Deserialize, Serialize, Clone, Debug)]
pub struct Submission {
    pub id: String,
    pub user_name: String,
    pub email: String,
    pub reason: Reason,
    pub message: String,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
}

const PREFIX: &str = "submission/";

/// Stores a submission and gives its id.
pub fn store(cx: &Cx, submission: Submission) -> Result<String> {
    keep::store(cx, PREFIX, &submission.id, &submission)?;
    Ok(submission.id)
}

#[derive(Serialize, Debug)]
pub struct Page {
    items: Vec<Submission>,
    next: Option<String>,
}

pub fn page(cx: &Cx, wanted: keep::Wanted) -> Result<Page> {
    let (items, next) = keep::page(cx, PREFIX, wanted)?;
    Ok(Page { items, next })
}
