//! A quiz as its widget shows it. The solution of a question is in it only once the question is answered.
use crate::bank::{Bank, Choice, Question};
use crate::progress::{Phase, Progress};
use inlay::*;

#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct View {
    quiz: String,
    title: String,
    phase: Phase,
    /// From 0.
    index: usize,
    /// From 1.
    number: usize,
    total: usize,
    question: Asked,
    answer: Option<String>,
    correct: Option<bool>,
    correct_label: Option<String>,
    explanation: Option<String>,
    /// Right answers so far.
    score: usize,
    percent: usize,
    /// Empty before the end.
    review: Vec<Reviewed>,
}

#[derive(Serialize, Debug)]
struct Asked {
    id: String,
    text: String,
    options: Vec<Choice>,
}

#[derive(Serialize, Debug)]
struct Reviewed {
    question: String,
    given: Option<String>,
    correct: Option<String>,
    ok: bool,
}

impl View {
    pub fn of(quiz: String, bank: &Bank, progress: &Progress) -> Result<View> {
        let phase = progress.phase(bank)?;
        let question = progress.question(bank)?;
        let solved = phase != Phase::Question;
        let total = bank.questions.len();
        let score = bank.questions.iter().filter(|question| progress.is_right(question)).count();
        let review = |question: &Question| Reviewed {
            question: question.text.clone(),
            given: progress.given(question).and_then(|value| question.label(value)),
            correct: question.label(&question.correct),
            ok: progress.is_right(question),
        };
        Ok(View {
            quiz,
            title: bank.title.clone(),
            phase,
            index: progress.index(),
            number: progress.index() + 1,
            total,
            answer: progress.given(question).map(str::to_owned),
            correct: solved.then(|| progress.is_right(question)),
            correct_label: question.label(&question.correct).filter(|_| solved),
            explanation: question.explanation.clone().filter(|_| solved),
            question: Asked { id: question.id.clone(), text: question.text.clone(), options: question.options.clone() },
            score,
            percent: (score * 100).checked_div(total).unwrap_or(0),
            review: if phase == Phase::Finished { bank.questions.iter().map(review).collect() } else { Vec::new() },
        })
    }
}
