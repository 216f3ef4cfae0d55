//! The shapes of names, as the host checks them too.

fn made_of(text: &str, max: usize, more: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c);
    !text.is_empty() && text.len() <= max && text.chars().all(fits)
}

pub fn is_plugin(text: &str) -> bool {
    made_of(text, 40, "-")
}

/// Widgets and event topics.
pub fn is_slug(text: &str) -> bool {
    made_of(text, 64, "-")
}

/// Actions and queries.
pub fn is_entry(text: &str) -> bool {
    made_of(text, 64, "_.-")
}

/// Reverse DNS, such as `dev.acme.hello`.
pub fn is_plugin_id(text: &str) -> bool {
    text.contains('.') && text.len() <= 128 && text.split('.').all(|part| made_of(part, 63, "-_"))
}

/// "1.2.3", with or without a suffix such as "-beta.1".
pub fn is_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let number = |part: &str| !part.is_empty() && part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit());
    text.len() <= 64 && core.split('.').count() == 3 && core.split('.').all(number)
}

/// "add_to_cart" -> "Add to cart"
pub fn humanize(name: &str) -> String {
    let spaced = name.replace(['_', '-', '.'], " ");
    let mut chars = spaced.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => spaced,
    }
}
