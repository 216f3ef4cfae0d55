//! Feedback: a rating from 1 to 5 and perhaps a word. Ratings are counted by adds, which never disturb one another; what was
//! said is kept like messages, newest first.
use crate::keep;
use inlay::*;

const PREFIX: &str = "feedback/";
const RATINGS: [(u8, &str); 5] = [(5, "Very good"), (4, "Good"), (3, "Fair"), (2, "Poor"), (1, "Very poor")];

#[derive(Deserialize)]
pub struct Form {
    /// From 1, very poor, to 5, very good
    #[schemars(range(min = 1, max = 5))]
    rating: u8,
    /// What was good, what was not
    #[serde(default)]
    #[schemars(length(max = 2000))]
    comment: String,
}

#[derive(Deserialize, Serialize, Clone, Debug)]
pub struct Said {
    id: String,
    rating: u8,
    comment: String,
    /// Milliseconds since the Unix epoch.
    at: u64,
}

/// The widget's data.
#[derive(Serialize, Debug)]
pub struct View {
    question: String,
    sent: bool,
    choices: Vec<Choice>,
    /// None before something was sent, and when too many send at once to count them all for each.
    results: Option<Results>,
}

#[derive(Serialize, Debug)]
pub struct Choice {
    value: String,
    label: &'static str,
}

#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Results {
    total: u64,
    /// "4.3"; None before the first rating.
    average_label: Option<String>,
    bars: Vec<Bar>,
}

#[derive(Serialize, Debug)]
pub struct Bar {
    label: &'static str,
    count: u64,
}

fn view(cx: &Cx, sent: bool, results: Option<Results>) -> Result<View> {
    let question = cx.find_config("feedbackQuestion")?.unwrap_or_else(|| "How do you like it here?".to_owned());
    let choices = RATINGS.iter().map(|(rating, label)| Choice { value: rating.to_string(), label }).collect();
    Ok(View { question, sent, choices, results })
}

pub fn empty(cx: &Cx) -> Result<View> {
    view(cx, false, None)
}

pub fn send(cx: &Cx, form: Form) -> Result {
    let comment = form.comment.trim().to_owned();
    cx.workspace()?.add(&key(form.rating), 1)?;
    let id = format!("fbk_{}", cx.call().id.trim_start_matches("act_"));
    let said = Said { id: id.clone(), rating: form.rating, comment, at: cx.call().now_ms };
    keep::store(cx, PREFIX, &id, &said)?;
    // To read the counters makes this run again whenever somebody else sends something: worth one attempt.
    let results = if cx.call().attempt == 1 { Some(counted(cx)?) } else { None };
    render("feedback", view(cx, true, results)?)
        .data(json!({ "feedbackId": id }))
        .message("Thank you for your feedback")
}

fn key(rating: u8) -> String {
    format!("rating/{rating}")
}

fn counted(cx: &Cx) -> Result<Results> {
    let keys = RATINGS.map(|(rating, _)| key(rating));
    let counts = cx.workspace()?.get_many::<u64, _>(&keys)?;
    let counts: Vec<u64> = counts.into_iter().map(Option::unwrap_or_default).collect();
    let total: u64 = counts.iter().sum();
    let sum: u64 = RATINGS.iter().zip(&counts).map(|((rating, _), count)| u64::from(*rating) * count).sum();
    // In tenths, rounded.
    let average = (sum * 10 + total / 2).checked_div(total);
    let bars = RATINGS.iter().zip(counts).map(|((_, label), count)| Bar { label, count }).collect();
    Ok(Results { total, average_label: average.map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)), bars })
}

#[derive(Serialize, Debug)]
pub struct Received {
    results: Results,
    items: Vec<Said>,
    next: Option<String>,
}

pub fn received(cx: &Cx, wanted: keep::Wanted) -> Result<Received> {
    let (items, next) = keep::page(cx, PREFIX, wanted)?;
    Ok(Received { results: counted(cx)?, items, next })
}
