//! What a plugin's calls have logged: the last lines, and whoever is reading along.
use serde::{Serialize, Serializer};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// Lines that a reader may be behind before it is cut off.
const BEHIND: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    /// A guest's word; what is none of ours counts as info.
    pub fn of(word: &str) -> Level {
        Level::known(word).unwrap_or(Level::Info)
    }

    pub fn known(word: &str) -> Option<Level> {
        match word {
            "debug" => Some(Level::Debug),
            "info" => Some(Level::Info),
            "warn" => Some(Level::Warn),
            "error" => Some(Level::Error),
            _ => None,
        }
    }
}

/// A line as a guest wrote it, before it is known which call it belongs to.
#[derive(Clone, Debug)]
pub struct Said {
    pub level: Level,
    pub message: String,
    pub fields: Vec<(String, String)>,
}

/// One line of a plugin's log.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Grows from line to line, over restarts too.
    pub id: u64,
    pub at_ms: u64,
    pub level: Level,
    pub message: String,
    #[serde(serialize_with = "object")]
    pub fields: Vec<(String, String)>,
    /// The action or query.
    pub action: String,
    /// "act_…", also in the action log.
    pub call: String,
    pub attempt: u32,
    pub version: Arc<str>,
}

fn object<S: Serializer>(fields: &[(String, String)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(fields.iter().map(|(name, value)| (name, value)))
}

/// The call that lines belong to.
pub(super) struct Source<'a> {
    pub(super) action: &'a str,
    pub(super) call: &'a str,
    pub(super) attempt: u32,
    pub(super) version: &'a Arc<str>,
}

/// Which lines somebody wants.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Only newer ones than this id.
    pub after: Option<u64>,
    /// At most so many of the kept ones, the newest.
    pub limit: usize,
    pub level: Level,
}

#[derive(Clone, Copy, Debug)]
pub struct LogRules {
    pub lines: usize,
    pub bytes: usize,
}

/// One plugin's log, over its versions.
pub(super) struct Logs {
    rules: LogRules,
    inside: Mutex<Inside>,
}

struct Inside {
    lines: VecDeque<Arc<Line>>,
    bytes: usize,
    next: u64,
    /// The newest line that had to leave.
    lost: u64,
    /// Made with the first reader.
    live: Option<broadcast::Sender<Arc<Line>>>,
    closed: bool,
}

/// What a reader gets next.
#[derive(Clone, Debug)]
pub enum Next {
    Line(Arc<Line>),
    /// Nothing comes after it; the word says why: "stopping" or "too_slow".
    End(&'static str),
}

/// A reader of one plugin's log.
pub struct Tail {
    backlog: VecDeque<Arc<Line>>,
    live: Option<broadcast::Receiver<Arc<Line>>>,
    level: Level,
    /// Lines after the one it had seen are not kept any more.
    pub missed: bool,
}

impl Tail {
    /// A reader of what is written from now on; for stand-ins of the room.
    pub fn new(backlog: Vec<Arc<Line>>, live: Option<broadcast::Receiver<Arc<Line>>>, missed: bool) -> Tail {
        Tail { backlog: backlog.into(), live, level: Level::Debug, missed }
    }

    pub async fn next(&mut self) -> Next {
        if let Some(line) = self.backlog.pop_front() {
            return Next::Line(line);
        }
        let Some(live) = &mut self.live else { return Next::End("stopping") };
        loop {
            match live.recv().await {
                Ok(line) if line.level < self.level => {}
                Ok(line) => return Next::Line(line),
                Err(RecvError::Lagged(_)) => return Next::End("too_slow"),
                Err(RecvError::Closed) => return Next::End("stopping"),
            }
        }
    }
}

impl Logs {
    /// `first`: the id of the first line; above those of earlier runs.
    pub(super) fn new(rules: LogRules, first: u64) -> Logs {
        let (lines, bytes, lost) = (VecDeque::new(), 0, first.saturating_sub(1));
        Logs { rules, inside: Mutex::new(Inside { lines, bytes, next: first, lost, live: None, closed: false }) }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self, at_ms: u64, source: &Source<'_>, said: Vec<Said>) {
        if said.is_empty() {
            return;
        }
        let mut inside = self.inside();
        for Said { level, message, fields } in said {
            let (action, call) = (source.action.to_owned(), source.call.to_owned());
            let (id, attempt, version) = (inside.next, source.attempt, source.version.clone());
            let line = Arc::new(Line { id, at_ms, level, message, fields, action, call, attempt, version });
            inside.next += 1;
            inside.bytes += size(&line);
            inside.lines.push_back(line.clone());
            while inside.lines.len() > self.rules.lines || inside.bytes > self.rules.bytes {
                let Some(oldest) = inside.lines.pop_front() else { break };
                inside.bytes = inside.bytes.saturating_sub(size(&oldest));
                inside.lost = oldest.id;
            }
            if let Some(live) = &inside.live
                && live.send(line).is_err()
            {
                inside.live = None;
            }
        }
    }

    pub(super) fn tail(&self, wish: Wish) -> Tail {
        let mut inside = self.inside();
        let backlog = inside.wanted(wish);
        let missed = wish.after.is_some_and(|after| after < inside.lost);
        let live =
            (!inside.closed).then(|| inside.live.get_or_insert_with(|| broadcast::channel(BEHIND).0).subscribe());
        Tail { backlog, live, level: wish.level, missed }
    }

    pub(super) fn last(&self, wish: Wish) -> Vec<Arc<Line>> {
        self.inside().wanted(wish).into()
    }

    /// Ends every reader.
    pub(super) fn close(&self) {
        let mut inside = self.inside();
        (inside.live, inside.closed) = (None, true);
    }
}

impl Inside {
    fn wanted(&self, wish: Wish) -> VecDeque<Arc<Line>> {
        let newer = |line: &&Arc<Line>| wish.after.is_none_or(|after| line.id > after);
        let wanted = self.lines.iter().rev().take_while(newer).filter(|line| line.level >= wish.level);
        let mut found: VecDeque<Arc<Line>> = VecDeque::new();
        wanted.take(wish.limit).for_each(|line| found.push_front(line.clone()));
        found
    }
}

fn size(line: &Line) -> usize {
    let fields: usize = line.fields.iter().map(|(name, value)| name.len() + value.len() + 48).sum();
    line.message.len() + line.action.len() + line.call.len() + fields + 160
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(logs: &Logs, level: Level, message: &str) {
        let version = "1.0.0".into();
        let source = Source { action: "a", call: "act_1", attempt: 1, version: &version };
        logs.write(1, &source, vec![Said { level, message: message.to_owned(), fields: Vec::new() }]);
    }

    fn texts(lines: &[Arc<Line>]) -> Vec<&str> {
        lines.iter().map(|line| line.message.as_str()).collect()
    }

    const ALL: Wish = Wish { after: None, limit: 100, level: Level::Debug };

    #[test]
    fn the_last_lines_are_kept_and_found() {
        let logs = Logs::new(LogRules { lines: 3, bytes: 1 << 20 }, 100);
        for n in 0..5 {
            write(&logs, if n == 3 { Level::Error } else { Level::Info }, &n.to_string());
        }
        assert_eq!(texts(&logs.last(ALL)), ["2", "3", "4"]);
        assert_eq!(texts(&logs.last(Wish { limit: 2, ..ALL })), ["3", "4"]);
        assert_eq!(texts(&logs.last(Wish { level: Level::Warn, ..ALL })), ["3"]);
        assert_eq!(texts(&logs.last(Wish { after: Some(103), ..ALL })), ["4"]);
        assert!(
            logs.tail(Wish { after: Some(100), ..ALL }).missed && !logs.tail(Wish { after: Some(101), ..ALL }).missed
        );
        write(&logs, Level::Info, &"x".repeat(2 << 20));
        assert!(logs.last(ALL).is_empty(), "a line that is larger than all that is kept leaves as well");
    }

    #[tokio::test]
    async fn readers_follow_are_cut_off_when_too_slow_and_are_told_of_the_end() {
        let logs = Logs::new(LogRules { lines: 1000, bytes: 1 << 20 }, 1);
        write(&logs, Level::Info, "before");
        let mut tail = logs.tail(ALL);
        let mut slow = logs.tail(Wish { limit: 0, ..ALL });
        write(&logs, Level::Debug, "after");
        for expected in ["before", "after"] {
            assert!(matches!(tail.next().await, Next::Line(line) if line.message == expected));
        }
        for _ in 0..BEHIND {
            write(&logs, Level::Info, "more");
        }
        assert!(matches!(slow.next().await, Next::End("too_slow")));
        let mut errors = logs.tail(Wish { limit: 0, level: Level::Error, ..ALL });
        write(&logs, Level::Info, "unwanted");
        logs.close();
        assert!(matches!(errors.next().await, Next::End("stopping")));
        assert!(matches!(logs.tail(Wish { limit: 0, ..ALL }).next().await, Next::End("stopping")));
    }
}
