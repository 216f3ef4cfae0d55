//! What a caller may know of a database's error; the rest goes to the log.
use crate::base::error::{Code, Error};
use sqlx::postgres::PgDatabaseError;

enum Kind {
    Full,
    Away,
    Damaged,
    Ours,
}

/// An error before a commit: nothing was stored.
#[track_caller]
pub fn fault(error: sqlx::Error) -> Error {
    match kind(&error) {
        Kind::Full => {
            Error::new(Code::StorageFull, "There is no room left on the disk; nothing was stored").retry_after(5)
        }
        Kind::Away => unreachable(),
        Kind::Damaged => Error::new(Code::Database, DAMAGED),
        Kind::Ours => return Error::internal(error),
    }
    .caused_by(error)
}

/// An error of a commit itself: the server may have stored it and not been able to say so.
#[track_caller]
pub fn fault_in_commit(error: sqlx::Error) -> Error {
    match (kind(&error), &error) {
        // The server says that it did not.
        (Kind::Away | Kind::Full, sqlx::Error::Database(e)) if !e.code().is_some_and(|c| c.starts_with("57P")) => {
            fault(error)
        }
        (Kind::Ours | Kind::Damaged, _) => fault(error),
        _ => away(UNKNOWN).caused_by(error),
    }
}

const DAMAGED: &str = "The database's file is damaged, or is none; whoever runs this host looks at it with `inlay doctor` \
                       and puts a backup back with `inlay restore`";

/// Said when a connection is lost in the middle of a commit.
pub const UNKNOWN: &str = "The database went away while this was being stored; repeat it with the same \
                           Idempotency-Key to learn how it ended";

/// The database does not answer, and nothing was stored.
#[track_caller]
pub fn unreachable() -> Error {
    away("The database does not answer at the moment; nothing was stored")
}

#[track_caller]
fn away(detail: &'static str) -> Error {
    Error::new(Code::Database, detail).retry_after(1)
}

fn kind(error: &sqlx::Error) -> Kind {
    match error {
        sqlx::Error::Database(e) => match e.try_downcast_ref::<PgDatabaseError>() {
            Some(e) => postgres(e.code()),
            None => sqlite(e.code().and_then(|code| code.parse().ok()).unwrap_or(0)),
        },
        // A torn connection is heard of in many ways.
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::BeginFailed
        | sqlx::Error::WorkerCrashed => Kind::Away,
        _ => Kind::Ours,
    }
}

/// Primary result codes: 5 BUSY, 6 LOCKED, 8 READONLY, 10 IOERR, 11 CORRUPT, 13 FULL, 14 CANTOPEN, 26 NOTADB.
fn sqlite(code: i32) -> Kind {
    match code & 0xff {
        13 => Kind::Full,
        5 | 6 | 8 | 10 | 14 => Kind::Away,
        11 | 26 => Kind::Damaged,
        _ => Kind::Ours,
    }
}

/// Classes of SQLSTATE: 08 connection, 28 who are you, 3D no such database, 53 resources, 57 operator's intervention,
/// 58 system, 40 somebody else was faster, 55P03 a lock was not to be had, 25006 a standby that only reads.
fn postgres(code: &str) -> Kind {
    match (code, code.get(..2).unwrap_or_default()) {
        ("53100", _) => Kind::Full,
        ("55P03" | "25006" | "25P03", _) => Kind::Away,
        (_, "08" | "28" | "3D" | "40" | "53" | "57" | "58") => Kind::Away,
        _ => Kind::Ours,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_are_told_apart() {
        let words = |kind| match kind {
            Kind::Full => "full",
            Kind::Away => "away",
            Kind::Damaged => "damaged",
            Kind::Ours => "ours",
        };
        for (code, word) in
            [(13, "full"), (5, "away"), (261, "away"), (266, "away"), (26, "damaged"), (1, "ours"), (2067, "ours")]
        {
            assert_eq!(words(sqlite(code)), word, "{code}");
        }
        let away = ["08006", "57P01", "57P03", "57014", "53300", "40001", "40P01", "55P03", "25006", "28P01", "3D000"];
        for code in away {
            assert_eq!(words(postgres(code)), "away", "{code}");
        }
        assert_eq!(words(postgres("53100")), "full");
        for code in ["42P01", "23505", "22021", "", "0"] {
            assert_eq!(words(postgres(code)), "ours", "{code}");
        }
    }

    #[test]
    fn a_commit_that_was_cut_off_does_not_say_that_nothing_was_stored() {
        let cut = || sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert_eq!(fault_in_commit(cut()).detail, UNKNOWN);
        assert_eq!(fault(cut()).code, Code::Database);
        assert!(fault(cut()).retry_after_s.is_some() && fault_in_commit(cut()).retry_after_s.is_some());
    }
}
