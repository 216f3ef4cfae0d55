//! Icons drawn for Inlay under ChatKit's names, and some more under `lucide:` names for shops and music.
//!
//! Each is one path on a 24 by 24 grid, drawn with a line; those that `FILLED` names are filled.
use super::classes::Classes;
use super::writer::Html;

/// Writes an icon that assistive technology passes over; an unknown name writes nothing.
pub(super) fn write(html: &mut Html, name: &str, classes: &Classes) {
    let Some((name, path)) = find(name) else { return };
    let (fill, stroke) = if FILLED.contains(name) { ("currentColor", "none") } else { ("none", "currentColor") };
    let svg = html.tag("svg").class(classes).attr("viewBox", "0 0 24 24").attr("fill", fill);
    let svg = svg
        .attr("fill-rule", "evenodd")
        .attr("stroke", stroke)
        .attr("stroke-width", "1.75")
        .attr("stroke-linecap", "round");
    svg.attr("stroke-linejoin", "round").attr("aria-hidden", "true").attr("focusable", "false").open();
    html.tag("path").attr("d", path).open().close().close();
}

pub(super) fn is_known(name: &str) -> bool {
    find(name).is_some()
}

fn find(name: &str) -> Option<&'static (&'static str, &'static str)> {
    let index = ICONS.binary_search_by(|icon| icon.0.cmp(name)).ok()?;
    ICONS.get(index)
}

const FILLED: &[&str] = &["check-circle-filled", "dot", "dots-horizontal", "dots-vertical", "play", "star-filled"];

/// Sorted by name.
#[rustfmt::skip]
const ICONS: &[(&str, &str)] = &[
    ("agent", "M12 3v3M7 6h10a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3H7a3 3 0 0 1-3-3V9a3 3 0 0 1 3-3zM9 11v2M15 11v2M2 12v3M22 12v3"),
    ("analytics", "M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6"),
    ("atom", "M12 12h.01M12 16.5c-5 0-9-2-9-4.5s4-4.5 9-4.5 9 2 9 4.5-4 4.5-9 4.5zM8 14.2c-2.5-4.3-2.7-8.8-.5-10s5.9 1.5 8.4 5.8 2.7 8.8.5 10-5.9-1.5-8.4-5.8z"),
    ("batch", "M8 8h11v11H8zM5 16V5h11"),
    ("bolt", "M13 3 5 13.5h6L11 21l8-10.5h-6z"),
    ("book-clock", "M19 9V3H6a2 2 0 0 0-2 2v13.5A2.5 2.5 0 0 0 6.5 21H10M16.5 21a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM16.5 14.5v2l1.5 1"),
    ("book-closed", "M6 3h13v18H6.5A2.5 2.5 0 0 1 4 18.5V5a2 2 0 0 1 2-2zM4 18.5A2.5 2.5 0 0 1 6.5 16H19"),
    ("book-open", "M12 6.5C10 5 7 4.5 3 4.5v14c4 0 7 .5 9 2 2-1.5 5-2 9-2v-14c-4 0-7 .5-9 2zM12 6.5v14"),
    ("bug", "M9 6a3 3 0 0 1 6 0M7.5 9a3 3 0 0 1 3-3h3a3 3 0 0 1 3 3v5.5a4.5 4.5 0 0 1-9 0zM12 10v9M3.5 13h4M16.5 13h4M4.5 6.5l3 2.5M19.5 6.5l-3 2.5M4.5 19.5l3.5-3M19.5 19.5l-3.5-3"),
    ("calendar", "M5 5h14a1.5 1.5 0 0 1 1.5 1.5v12A1.5 1.5 0 0 1 19 20H5a1.5 1.5 0 0 1-1.5-1.5v-12A1.5 1.5 0 0 1 5 5zM3.5 10h17M8 3v4M16 3v4"),
    ("chart", "M4 4v16h16M8 14l3.5-4 3 2.5L19 7"),
    ("check", "M5 12.5l4.5 4.5L19 7.5"),
    ("check-circle", "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 12.5l2.8 2.8L16 9.7"),
    ("check-circle-filled", "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19zm4.8 7.7-6 6.3L7.2 13l1.3-1.3 2.3 2.2 4.7-5z"),
    ("chevron-left", "M15 5l-7 7 7 7"),
    ("chevron-right", "M9 5l7 7-7 7"),
    ("circle-question", "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.5 9.5A2.5 2.5 0 1 1 13 11.8c-.7.3-1 .8-1 1.7M12 16.8v.1"),
    ("clock", "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2"),
    ("compass", "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM15.5 8.5l-2 5-5 2 2-5z"),
    ("confetti", "M4 20l4.5-12.5 8 8zM14 4.5c1 1 .5 2.5-.5 3.5M20 10c-1.5-.5-3 0-4 1M18 4v.1M20.5 15v.1M10.5 3v.1"),
    ("cube", "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9"),
    ("desktop", "M4 5h16v11H4zM9 20h6M12 16v4"),
    ("document", "M7 3h7l5 5v13H7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM14 3v5h5M9 13h6M9 16.5h4"),
    ("dot", "M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z"),
    ("dots-horizontal", "M5 10.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM12 10.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM19 10.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z"),
    ("dots-vertical", "M12 3.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM12 10.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM12 17.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z"),
    ("empty-circle", "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z"),
    ("external-link", "M10 5H5v14h14v-5M14 4h6v6M20 4l-9 9"),
    ("globe", "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c5 5 5 13 0 18-5-5-5-13 0-18z"),
    ("images", "M8 4h12v12H8zM4 8v12h12M8 14l3.5-4 3 3 2-2 3.5 4M16 7.5v.1"),
    ("info", "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.6v.1"),
    ("keys", "M8 20a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM11 13l8.5-8.5M16 8l3 3M13.5 10.5l2 2"),
    ("lab", "M9 3h6M10 3v6l-5.5 9A2 2 0 0 0 6.2 21h11.6a2 2 0 0 0 1.7-3L14 9V3M7.5 15h9"),
    ("lifesaver", "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 15.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM5.7 5.7l3.8 3.8M14.5 14.5l3.8 3.8M18.3 5.7l-3.8 3.8M9.5 14.5l-3.8 3.8"),
    ("lightbulb", "M9 17.5c0-2.5-3-4-3-8a6 6 0 0 1 12 0c0 4-3 5.5-3 8zM9.5 21h5"),
    ("lucide:audio-lines", "M3 10v4M7 6v12M11 3v18M15 8v8M19 6v12M22.5 11v2"),
    ("lucide:cable", "M7 3v4M4 7h6v4a3 3 0 0 1-6 0zM7 14v2a4 4 0 0 0 8 0V9a3 3 0 0 1 3-3M17 3h4v5h-4z"),
    ("lucide:disc-3", "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM6.5 12A5.5 5.5 0 0 1 12 6.5M17.5 12a5.5 5.5 0 0 1-5.5 5.5"),
    ("lucide:drum", "M4 10v6c0 2 3.6 4 8 4s8-2 8-4v-6M12 14c4.4 0 8-1.8 8-4s-3.6-4-8-4-8 1.8-8 4 3.6 4 8 4zM3 3l7 6M21 3l-6 5M8 13.5v6M16 13.5v6"),
    ("lucide:guitar", "M14.5 9.5 20 4M19 3l2 2M14.5 9.5c1 1.5.5 3-.5 4s-2 .5-2.5 2c-.7 2.5-1.5 4.5-4 4.5A4.5 4.5 0 0 1 3 15.5c0-2.5 2-3.3 4.5-4 1.5-.5 1-1.5 2-2.5s2.5-1.5 4-.5zM9 15v.1"),
    ("lucide:headphones", "M4 17v-4a8 8 0 0 1 16 0v4M4 14h3v6H6a2 2 0 0 1-2-2zM20 14h-3v6h1a2 2 0 0 0 2-2z"),
    ("lucide:heart", "M12 20S4 15 4 9.5A4.3 4.3 0 0 1 12 7.3a4.3 4.3 0 0 1 8 2.2C20 15 12 20 12 20z"),
    ("lucide:keyboard-music", "M3 6h18v12H3zM7.5 18v-6M12 18v-6M16.5 18v-6M6.5 6v6h2V6M11 6v6h2V6M15.5 6v6h2V6"),
    ("lucide:mic", "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M8.5 21h7"),
    ("lucide:minus", "M5 12h14"),
    ("lucide:music", "M9 18V6l11-2.5v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM20 15.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z"),
    ("lucide:package", "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9M8 5.2l8 4.6"),
    ("lucide:piano", "M4 5h16v14H4zM4 13h16M8 13v6M12 13v6M16 13v6M8 9h8"),
    ("lucide:plug", "M9 3v5M15 3v5M6 8h12v4a6 6 0 0 1-12 0zM12 18v3"),
    ("lucide:shopping-cart", "M3 4h2.5l2.2 11h10.6L20.5 8H6.5M9 19.5v.1M17 19.5v.1"),
    ("lucide:sliders-vertical", "M5 4v8M5 16v4M3 12h4M12 4v3M12 11v9M10 7h4M19 4v10M19 18v2M17 14h4"),
    ("lucide:speaker", "M6 3h12v18H6zM12 18a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM12 6.8v.1"),
    ("lucide:trash-2", "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5"),
    ("lucide:truck", "M3 6h11v10H3zM14 10h4l3 3v3h-7M7 18.5v.1M17.5 18.5v.1"),
    ("lucide:x", "M6 6l12 12M18 6L6 18"),
    ("mail", "M4 5.5h16a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1zM3.5 7l8.5 6.5L20.5 7"),
    ("map-pin", "M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.8 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"),
    ("maps", "M3 6.5 9 4l6 2.5L21 4v13.5L15 20l-6-2.5L3 20zM9 4v13.5M15 6.5V20"),
    ("mobile", "M8 3h8a1.5 1.5 0 0 1 1.5 1.5v15A1.5 1.5 0 0 1 16 21H8a1.5 1.5 0 0 1-1.5-1.5v-15A1.5 1.5 0 0 1 8 3zM11 18h2"),
    ("name", "M4 6h16v12H4zM8 14.5l2-5 2 5M8.7 13h2.6M15 9.5v5"),
    ("notebook", "M7 3h12v18H7zM4 7h3M4 12h3M4 17h3M11 8h4"),
    ("notebook-pencil", "M19 9V3H7v18h5M4 7h3M4 12h3M4 17h3M14 20l.5-2.5L20 12l2 2-5.5 5.5z"),
    ("page-blank", "M7 3h7l5 5v13H7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM14 3v5h5"),
    ("phone", "M5 4h4l1.5 5-2.3 1.5a11 11 0 0 0 5.3 5.3L15 13.5l5 1.5v4a1.5 1.5 0 0 1-1.5 1.5C10.5 20.5 3.5 13.5 3.5 5.5A1.5 1.5 0 0 1 5 4z"),
    ("play", "M8 5.5v13l10.5-6.5z"),
    ("plus", "M12 5v14M5 12h14"),
    ("profile", "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM6.2 18.5a6.5 6.5 0 0 1 11.6 0"),
    ("profile-card", "M3 5.5h18v13H3zM8.5 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM5.5 16a3.2 3.2 0 0 1 6 0M14.5 10H18M14.5 13.5H18"),
    ("reload", "M20 12a8 8 0 1 1-2.5-5.8M20 4v4.5h-4.5"),
    ("search", "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5"),
    ("settings-slider", "M4 8h9M19 8h1M4 16h1M11 16h9M16 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 18.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"),
    ("sparkle", "M12 3.5c.8 5 3.5 7.7 8.5 8.5-5 .8-7.7 3.5-8.5 8.5-.8-5-3.5-7.7-8.5-8.5 5-.8 7.7-3.5 8.5-8.5z"),
    ("sparkle-double", "M10 6c.7 4.5 3.5 7.3 8 8-4.5.7-7.3 3.5-8 8-.7-4.5-3.5-7.3-8-8 4.5-.7 7.3-3.5 8-8zM19 2.5c.3 2 1.5 3.2 3.5 3.5-2 .3-3.2 1.5-3.5 3.5-.3-2-1.5-3.2-3.5-3.5 2-.3 3.2-1.5 3.5-3.5z"),
    ("square-code", "M4.5 4h15v16h-15zM10 9.5 7.5 12l2.5 2.5M14 9.5l2.5 2.5-2.5 2.5"),
    ("square-image", "M4 4h16v16H4zM4 16l4.5-5 4 4 2.5-2.5 5 5M15.5 8.5v.1"),
    ("square-text", "M4 4h16v16H4zM8 9h8M8 12.5h8M8 16h5"),
    ("star", "M12 3.5l2.6 5.5 6 .8-4.4 4.2 1.1 6-5.3-2.9L6.7 20l1.1-6-4.4-4.2 6-.8z"),
    ("star-filled", "M12 3.5l2.6 5.5 6 .8-4.4 4.2 1.1 6-5.3-2.9L6.7 20l1.1-6-4.4-4.2 6-.8z"),
    ("suitcase", "M4 8h16v12H4zM9 8V4.5h6V8M4 13h16M12 12v2"),
    ("user", "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0"),
    ("wreath", "M9 20c-4-1.5-6-5-6-9 0-2 .5-4 1.5-5.5M15 20c4-1.5 6-5 6-9 0-2-.5-4-1.5-5.5M3 11c2 0 3.5 1 4 3M21 11c-2 0-3.5 1-4 3M4.5 5.5C6.5 6 7.5 7 7.5 9M19.5 5.5c-2 .5-3 1.5-3 3.5M5.5 16c2-.5 3.5 0 4.5 2M18.5 16c-2-.5-3.5 0-4.5 2"),
    ("write", "M4 20h4L19.5 8.5l-4-4L4 16zM13 7l4 4"),
    ("write-alt", "M11 5H5v14h14v-6M9 15l.7-3.2L18.5 3l2.5 2.5-8.8 8.8z"),
    ("write-alt2", "M4 20h16M6 16l.8-3.5L16.5 3l2.5 2.5-9.5 9.7z"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_paths_are_paths() {
        assert!(ICONS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let allowed = |c: char| c.is_ascii_digit() || " .-MmLlHhVvCcSsAaZz".contains(c);
        assert!(ICONS.iter().all(|icon| icon.1.chars().all(allowed)));
        assert!(FILLED.iter().all(|name| is_known(name)));
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
