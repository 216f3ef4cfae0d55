//! HALL: the one place where parts are joined.
use crate::features::plugins::Plugins;
use crate::settings::Settings;

/// Why a verb failed, for the person at the command line.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

const NOT_JOINED: &str = "the parts of the host are not joined yet";

pub async fn serve(_settings: Settings) -> Result<(), Failure> {
    Err(NOT_JOINED.into())
}

/// Names of the migrations that were applied now.
pub async fn migrate(_settings: &Settings) -> Result<Vec<String>, Failure> {
    Err(NOT_JOINED.into())
}

/// The plugins' room on the data folder, without doors; a host may run beside it.
pub async fn plugins_offline(_settings: &Settings) -> Result<Plugins, Failure> {
    Err(NOT_JOINED.into())
}

/// Opens the database, walks through it and says how it is, in one line.
pub async fn doctor_database(_settings: &Settings) -> Result<String, Failure> {
    Err(NOT_JOINED.into())
}
