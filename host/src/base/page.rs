//! Long lists, piece by piece: in the order of ids, from the one after which it goes on.
use serde::Serialize;

pub const MOST: u32 = 100;
const USUAL: u32 = 50;

/// Which piece is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// 1 to [`MOST`].
    pub limit: u32,
    /// The id after which it begins; "" for the beginning.
    pub after: String,
}

impl Default for Page {
    fn default() -> Page {
        Page { limit: USUAL, after: String::new() }
    }
}

/// One piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// What to ask for as `after` to get the next piece; absent at the end.
    pub next: Option<String>,
}

impl Page {
    /// Rows to read: one more than is shown tells whether there is a next piece.
    pub fn rows(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts what was read to what is shown.
    pub fn cut<T>(&self, mut items: Vec<T>, id: impl Fn(&T) -> &str) -> Listed<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| id(last).to_owned());
        Listed { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_knows_whether_another_follows() {
        let page = Page { limit: 2, after: String::new() };
        let cut = |items: &[&'static str]| page.cut(items.to_vec(), |item| item);
        assert_eq!(cut(&["a", "b", "c"]), Listed { items: vec!["a", "b"], next: Some("b".into()) });
        assert_eq!(cut(&["a", "b"]).next, None);
        assert_eq!(cut(&[]).next, None);
        assert_eq!(page.rows(), 3);
    }
}
