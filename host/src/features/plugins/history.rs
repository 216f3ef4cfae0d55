//! What was in force before what, read from a plugin's history.
use super::store::Kind;

/// Versions by how they came into force, the latest last, and whether the last one is in force now. A rollback takes
/// back what came after the version that it leads to, so that the next one leads further back.
pub(super) fn stack(history: &[(Kind, String)]) -> (Vec<&str>, bool) {
    let mut stack: Vec<&str> = Vec::new();
    let mut in_force = false;
    for (kind, digest) in history {
        match kind {
            Kind::Activate => {
                if stack.last() != Some(&digest.as_str()) {
                    stack.push(digest);
                }
            }
            Kind::Rollback | Kind::AutoRollback => match stack.iter().rposition(|known| known == digest) {
                Some(at) => stack.truncate(at + 1),
                None => stack.push(digest),
            },
            Kind::Delete => stack.clear(),
            Kind::Config | Kind::Deactivate | Kind::Quarantine => {}
        }
        in_force = kind.in_force();
    }
    (stack, in_force)
}

/// Where a rollback leads: the versions that may be tried, the nearest first. From a plugin out of force it leads to the
/// version that was in force last.
pub(super) fn before(history: &[(Kind, String)]) -> Vec<&str> {
    let (stack, in_force) = stack(history);
    let skipped = if in_force { stack.last().copied() } else { None };
    let mut before: Vec<&str> = Vec::new();
    for digest in stack.into_iter().rev() {
        if Some(digest) != skipped && !before.contains(&digest) {
            before.push(digest);
        }
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;
    use Kind::*;

    fn history(lines: &[(Kind, &str)]) -> Vec<(Kind, String)> {
        lines.iter().map(|(kind, digest)| (*kind, (*digest).to_owned())).collect()
    }

    #[track_caller]
    fn leads(lines: &[(Kind, &str)], to: &[&str]) {
        assert_eq!(before(&history(lines)), to, "{lines:?}");
    }

    #[test]
    fn rollbacks_lead_further_back_each_time() {
        leads(&[], &[]);
        leads(&[(Activate, "a")], &[]);
        leads(&[(Activate, "a"), (Activate, "b"), (Activate, "c")], &["b", "a"]);
        leads(&[(Activate, "a"), (Activate, "b"), (Activate, "c"), (Rollback, "b")], &["a"]);
        leads(&[(Activate, "a"), (Activate, "b"), (Activate, "c"), (Rollback, "b"), (Rollback, "a")], &[]);
        // What is activated after a rollback stands on what it led to.
        leads(&[(Activate, "a"), (Activate, "b"), (Rollback, "a"), (Activate, "c")], &["a"]);
        // A rollback that skipped one.
        leads(&[(Activate, "a"), (Activate, "b"), (Activate, "c"), (AutoRollback, "a"), (Activate, "d")], &["a"]);
    }

    #[test]
    fn the_same_version_again_is_no_step() {
        leads(&[(Activate, "a"), (Activate, "b"), (Config, "b"), (Activate, "b")], &["a"]);
        leads(&[(Activate, "a"), (Activate, "b"), (Activate, "a")], &["b"]);
    }

    #[test]
    fn out_of_force_it_leads_to_the_last_one_and_after_a_delete_nowhere() {
        leads(&[(Activate, "a"), (Activate, "b"), (Deactivate, "b")], &["b", "a"]);
        leads(&[(Activate, "a"), (Quarantine, "a")], &["a"]);
        leads(&[(Activate, "a"), (Deactivate, "a"), (Delete, "a")], &[]);
    }
}
