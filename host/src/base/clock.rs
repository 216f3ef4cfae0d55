//! Time and randomness behind one seam.
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment as people and programs write it, in milliseconds since 1970: RFC 3339, or just that number.
pub fn moment(text: &str) -> Option<u64> {
    if let Ok(ms) = text.parse::<u64>() {
        return i64::try_from(ms).is_ok().then_some(ms);
    }
    let time = humantime::parse_rfc3339_weak(text).ok()?;
    u64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

/// The host's clock and source of randomness; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Tests set a moment; `None` asks the system.
    frozen_ms: Option<u64>,
}

impl Clock {
    pub fn system() -> Clock {
        Clock::default()
    }

    pub fn frozen(ms: u64) -> Clock {
        Clock { frozen_ms: Some(ms) }
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> u64 {
        self.frozen_ms.unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
    }

    /// Seconds since the Unix epoch.
    pub fn now_s(&self) -> u64 {
        self.now_ms() / 1000
    }

    /// Random bytes from the operating system. An operating system without randomness cannot mint a token or an id, so
    /// there is nothing sensible left to do than to stop.
    pub fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}
