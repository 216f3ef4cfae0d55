//! Icons drawn for Inlay under ChatKit's names, and some more under `lucide:` names for shops and music.
//!
//! Each is one path on a 24 by 24 grid, drawn with a line or filled; `assets/icons.txt` holds them.
use super::classes::Classes;
use super::writer::Html;
use std::sync::LazyLock;

/// Writes an icon that assistive technology passes over; an unknown name writes nothing.
pub(super) fn write(html: &mut Html, name: &str, classes: &Classes) {
    let Some(icon) = find(name) else { return };
    let (fill, stroke) = if icon.filled { ("currentColor", "none") } else { ("none", "currentColor") };
    let svg = html.tag("svg").class(classes).attr("viewBox", "0 0 24 24").attr("fill", fill);
    let svg = svg
        .attr("fill-rule", "evenodd")
        .attr("stroke", stroke)
        .attr("stroke-width", "1.75")
        .attr("stroke-linecap", "round");
    svg.attr("stroke-linejoin", "round").attr("aria-hidden", "true").attr("focusable", "false").open();
    html.tag("path").attr("d", icon.path).open().close().close();
}

pub(super) fn is_known(name: &str) -> bool {
    find(name).is_some()
}

fn find(name: &str) -> Option<&'static Icon> {
    let index = ICONS.binary_search_by(|icon| icon.name.cmp(name)).ok()?;
    ICONS.get(index)
}

struct Icon {
    name: &'static str,
    filled: bool,
    path: &'static str,
}

/// The client is made with the same file. Sorted by name.
static ICONS: LazyLock<Vec<Icon>> = LazyLock::new(|| {
    let lines = include_str!("../../../../assets/icons.txt").lines().filter(|line| !line.starts_with('#'));
    let icon = |line: &'static str| {
        let mut parts = line.splitn(3, ' ');
        Some(Icon { name: parts.next()?, filled: parts.next()? == "filled", path: parts.next()? })
    };
    lines.filter_map(icon).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_paths_are_paths() {
        assert!(ICONS.windows(2).all(|pair| pair[0].name < pair[1].name));
        let allowed = |c: char| c.is_ascii_digit() || " .-MmLlHhVvCcSsAaZz".contains(c);
        assert!(ICONS.iter().all(|icon| icon.path.starts_with('M') && icon.path.chars().all(allowed)));
        assert_eq!(ICONS.iter().filter(|icon| icon.filled).count(), 6);
        let lines = include_str!("../../../../assets/icons.txt").lines();
        assert_eq!(lines.filter(|line| !line.starts_with('#')).count(), ICONS.len(), "every line is an icon");
    }

    #[test]
    fn every_chatkit_name_is_drawn() {
        let names = "agent analytics atom batch bolt book-open book-closed book-clock bug calendar chart check \
            check-circle check-circle-filled chevron-left chevron-right circle-question clock compass confetti cube \
            desktop document dot dots-horizontal dots-vertical empty-circle external-link globe keys lab images info \
            lifesaver lightbulb mail map-pin maps mobile name notebook notebook-pencil page-blank phone play plus \
            profile profile-card reload star star-filled search sparkle sparkle-double square-code square-image \
            square-text suitcase settings-slider user wreath write write-alt write-alt2";
        let missing: Vec<_> = names.split_whitespace().filter(|name| !is_known(name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn an_unknown_name_writes_nothing() {
        let mut html = Html::default();
        write(&mut html, "\"><script>", &Classes::default());
        assert_eq!(html.finish(), "");
    }
}
