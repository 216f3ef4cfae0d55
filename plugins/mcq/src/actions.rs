//! The steps through a quiz.
use crate::bank::{self, Bank};
use crate::progress::Progress;
use crate::view::View;
use inlay::*;

/// Which quiz, and which question the visitor had before them.
#[derive(Deserialize)]
pub struct Step {
    /// The quiz; without it, the first one
    #[schemars(length(max = 40))]
    quiz: Option<String>,
    /// The id of the question that is shown, so that a page that lags behind changes nothing
    #[schemars(length(max = 40))]
    question: Option<String>,
}

#[derive(Deserialize)]
pub struct Submit {
    #[serde(flatten)]
    step: Step,
    /// The value of the chosen option
    #[schemars(length(min = 1, max = 40))]
    answer: String,
}

#[derive(Deserialize)]
pub struct Which {
    /// The quiz; without it, the first one
    #[schemars(length(max = 40))]
    quiz: Option<String>,
}

pub fn show(cx: &Cx, which: Which) -> Result<View> {
    let (quiz, bank) = bank::find(cx, which.quiz)?;
    let progress = Progress::load(cx, &quiz, &bank)?;
    View::of(quiz, &bank, &progress)
}

pub fn submit(cx: &Cx, Submit { step, answer }: Submit) -> Result {
    walk(cx, step, |progress, bank, shown| progress.submit(bank, shown, &answer))
}

pub fn next(cx: &Cx, step: Step) -> Result {
    walk(cx, step, Progress::next)
}

pub fn finish(cx: &Cx, step: Step) -> Result {
    walk(cx, step, Progress::finish)
}

pub fn clear(cx: &Cx, step: Step) -> Result {
    let (quiz, bank) = bank::find(cx, step.quiz)?;
    Progress::forget(cx, &quiz)?;
    answer(View::of(quiz, &bank, &Progress::default())?)
}

fn walk(cx: &Cx, step: Step, pace: impl FnOnce(&mut Progress, &Bank, Option<&str>) -> Result<()>) -> Result {
    let (quiz, bank) = bank::find(cx, step.quiz)?;
    let mut progress = Progress::load(cx, &quiz, &bank)?;
    pace(&mut progress, &bank, step.question.as_deref())?;
    progress.store(cx, &quiz)?;
    answer(View::of(quiz, &bank, &progress)?)
}

fn answer(view: View) -> Result {
    render("mcq", &view).data(&view)
}
