//! Where the database is, from the setting `data.database_url`.
use crate::base::secret::Secret;
use sqlx::postgres::PgConnectOptions;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// `Debug` hides the URL, which may hold a password.
#[derive(Clone, Debug)]
pub enum Place {
    Sqlite(PathBuf),
    Postgres(Secret<String>),
}

/// Parameters of a URL that mean something. Another one may be a part of a password that was not written as `%XX`.
const PARAMETERS: [&str; 10] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "port",
    "user",
    "password",
    "dbname",
    "statement-cache-capacity",
];

impl Place {
    /// Reads a URL; an empty one means the file `inlay.db` in `folder`, and a relative path begins there too. Errors: in
    /// words for the person who set it, without the URL.
    pub fn parse(url: &str, folder: &Path) -> Result<Place, String> {
        if url.is_empty() {
            return Ok(Place::Sqlite(folder.join("inlay.db")));
        }
        match url.split_once("://") {
            Some(("sqlite", "")) => Err("names no file after sqlite://".into()),
            Some(("sqlite", path)) => Ok(Place::Sqlite(folder.join(path))),
            Some(("postgres" | "postgresql", rest)) => postgres(url, rest),
            Some((scheme, _)) if !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                Err(format!("names a {scheme} database, but must be sqlite://PATH, postgres://… or empty"))
            }
            _ => Err("must be sqlite://PATH, postgres://USER:PASSWORD@HOST:PORT/NAME or empty".into()),
        }
    }
}

fn postgres(url: &str, rest: &str) -> Result<Place, String> {
    let wrong =
        "must look like postgres://USER:PASSWORD@HOST:PORT/NAME; write special characters of the password as %XX";
    let (before, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let names = parameters.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split('=').next().unwrap_or(""));
    if names.into_iter().any(|name| !PARAMETERS.contains(&name)) {
        return Err(format!("has a parameter after its ? that is none of {}; or it {wrong}", PARAMETERS.join(", ")));
    }
    let name = before.split_once('/').map_or("", |(_, name)| name);
    if name.is_empty() && !parameters.contains("dbname=") {
        return Err(format!("names no database; it {wrong}"));
    }
    // Its own message may repeat parts of the URL.
    PgConnectOptions::from_str(url).map_err(|_| wrong.to_owned())?;
    Ok(Place::Postgres(Secret::new(url.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_chooses_the_database() {
        let place = |url: &str| Place::parse(url, Path::new("/data"));
        let file = |url: &str| match place(url) {
            Ok(Place::Sqlite(file)) => file.display().to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(file(""), "/data/inlay.db");
        assert_eq!(file("sqlite://other.db"), "/data/other.db");
        assert_eq!(file("sqlite:///srv/x.db"), "/srv/x.db");
        for url in [
            "postgres://u:hunter2@h/d",
            "postgresql://u@h:5433/d?sslmode=verify-full",
            "postgres:///d?host=/var/run/postgresql",
        ] {
            let shown = format!("{:?}", place(url).unwrap());
            assert!(shown.contains("Postgres") && !shown.contains("hunter2"), "{shown}");
        }
        for url in [
            "mysql://u:hunter2@h/d",
            "postgres://u:hunter2@h",
            "postgres://u:hunter2@h:port/d",
            "postgres://u:12?hunter2@h/d",
            "postgres://u:hunter2@h/d?sslmode=hunter2",
            "hunter2",
            "://hunter2",
            "sqlite://",
        ] {
            let refused = place(url).unwrap_err();
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }
}
