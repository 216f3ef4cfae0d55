//! The SQL of people and their sign-ins.
mod joining;
mod people;
mod sessions;

pub(super) use joining::{accept, add_workspace, exists, join, memberships, only_owner_of};
pub(super) use people::{
    Found, NewUser, by_id, delete_user, everybody, find, found_in, insert, is_empty, is_empty_in, reset_of, reset_used,
    resets_since, set_disabled, set_password, store_reset, taken, update_profile,
};
pub(super) use sessions::{
    Row, begin, end, end_all, exchange, of_user, refresh, session, store_refresh, sweep, switch, used,
};

fn ms(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}
