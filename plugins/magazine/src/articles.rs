//! Articles of the configuration. How often one is opened is counted by adds; what a visitor has read is theirs.
use inlay::*;

const READ: &str = "read";
/// Articles that a visitor's list remembers.
const REMEMBERED: usize = 200;

/// An article in the configuration.
#[derive(Deserialize, Clone, Debug)]
struct Article {
    id: String,
    title: String,
    topic: String,
    /// Such as 2026-02-14.
    date: String,
    summary: String,
    /// Markdown.
    text: String,
    #[serde(default = "plain_icon")]
    icon: String,
    #[serde(default = "plain_color")]
    color: String,
}

fn plain_icon() -> String {
    "document".to_owned()
}

fn plain_color() -> String {
    "gray-100".to_owned()
}

#[derive(Deserialize)]
pub struct Which {
    /// Only this topic
    #[schemars(length(max = 60))]
    topic: Option<String>,
}

#[derive(Deserialize)]
pub struct One {
    /// The article's id
    #[schemars(length(min = 1, max = 60))]
    id: String,
}

#[derive(Serialize, Debug)]
pub struct List {
    topic: Option<String>,
    topics: Vec<String>,
    items: Vec<Line>,
}

#[derive(Serialize, Debug)]
struct Line {
    id: String,
    title: String,
    topic: String,
    summary: String,
    /// "14 February 2026 · 3 min"
    note: String,
    icon: String,
    color: String,
    read: bool,
}

#[derive(Serialize, Debug)]
pub struct Full {
    id: String,
    title: String,
    topic: String,
    note: String,
    text: String,
    icon: String,
    color: String,
}

fn articles(cx: &Cx) -> Result<Vec<Article>> {
    let mut all: Vec<Article> = cx.config("articles")?;
    all.sort_by(|a, b| b.date.cmp(&a.date));
    Ok(all)
}

fn find(cx: &Cx, id: &str) -> Result<Article> {
    let missing = || Failure::new("missing.article", "There is no such article");
    articles(cx)?.into_iter().find(|one| one.id == id).ok_or_else(missing)
}

impl Article {
    /// At 200 words a minute.
    fn note(&self) -> String {
        let minutes = self.text.split_whitespace().count().div_ceil(200).max(1);
        let date = self.date.parse().map_or(self.date.clone(), |day: Day| day.label());
        format!("{date} · {minutes} min")
    }

    fn full(self) -> Full {
        let note = self.note();
        let Article { id, title, topic, text, icon, color, .. } = self;
        Full { id, title, topic, note, text, icon, color }
    }
}

pub fn show(cx: &Cx, which: Which) -> Result<List> {
    let read: Vec<String> = cx.visitor()?.get(READ)?;
    let all = articles(cx)?;
    let mut topics: Vec<String> = Vec::new();
    for one in &all {
        if !topics.contains(&one.topic) {
            topics.push(one.topic.clone());
        }
    }
    let topic = which.topic.filter(|topic| topics.contains(topic));
    let fitting = all.into_iter().filter(|one| topic.as_ref().is_none_or(|topic| *topic == one.topic));
    let items = fitting.map(|one| Line {
        note: one.note(),
        read: read.contains(&one.id),
        id: one.id,
        title: one.title,
        topic: one.topic,
        summary: one.summary,
        icon: one.icon,
        color: one.color,
    });
    Ok(List { items: items.collect(), topic, topics })
}

pub fn one(cx: &Cx, one: One) -> Result<Full> {
    Ok(find(cx, &one.id)?.full())
}

pub fn read(cx: &Cx, one: One) -> Result {
    let article = find(cx, &one.id)?;
    let mine = cx.visitor()?;
    let mut read: Vec<String> = mine.get(READ)?;
    if !read.contains(&article.id) {
        cx.workspace()?.add(&format!("readers/{}", article.id), 1)?;
        read.insert(0, article.id.clone());
        read.truncate(REMEMBERED);
        mine.put(READ, &read)?;
    }
    render("article", article.full())
}

pub fn list(cx: &Cx, which: Which) -> Result {
    render("articles", show(cx, which)?)
}

#[derive(Serialize, Debug)]
pub struct Readers {
    id: String,
    title: String,
    count: u64,
}

pub fn readers(cx: &Cx) -> Result<Vec<Readers>> {
    let all = articles(cx)?;
    let keys: Vec<String> = all.iter().map(|one| format!("readers/{}", one.id)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let counts = cx.workspace()?.get_many::<u64, _>(&keys)?;
    let all = all.into_iter().zip(counts);
    Ok(all.map(|(one, count)| Readers { id: one.id, title: one.title, count: count.unwrap_or(0) }).collect())
}
