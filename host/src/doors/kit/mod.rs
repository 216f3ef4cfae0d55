//! What all doors share: how a request is read, who sent it, how an answer or a refusal is written.
pub mod accept;
pub mod answer;
pub mod auth;
pub mod body;
pub mod came;
pub mod denied;
pub mod frame;
pub mod limits;
pub mod origin;
pub mod paged;
pub mod pages;
pub mod problem;
pub mod replay;
pub mod request_id;
pub mod shed;
pub mod sse;
pub mod urlencoded;

pub use problem::{Answer, Problem};
