//! How far a visitor is in one quiz, and which step may come next.
use crate::bank::{Bank, Question};
use inlay::*;
use std::collections::BTreeMap;

#[derive(Deserialize, Serialize, Default, Clone, Debug)]
pub struct Progress {
    /// The present question, from 0.
    index: usize,
    /// Chosen values by question id.
    answers: BTreeMap<String, String>,
    finished: bool,
}

#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Waiting for an answer.
    Question,
    /// Answered; the solution is shown.
    Answered,
    /// Closed; score and review are shown.
    Finished,
}

fn key(quiz: &str) -> String {
    format!("quiz/{quiz}")
}

impl Progress {
    /// A bank that has become shorter than the visitor's way through it starts again.
    pub fn load(cx: &Cx, quiz: &str, bank: &Bank) -> Result<Progress> {
        let stored: Progress = cx.visitor()?.get(&key(quiz))?;
        Ok(if stored.index < bank.questions.len() { stored } else { Progress::default() })
    }

    pub fn store(&self, cx: &Cx, quiz: &str) -> Result<()> {
        cx.visitor()?.put(&key(quiz), self)
    }

    pub fn forget(cx: &Cx, quiz: &str) -> Result<()> {
        cx.visitor()?.delete(&key(quiz))
    }

    pub fn index(&self) -> usize {
        self.index
    }

    pub fn question<'b>(&self, bank: &'b Bank) -> Result<&'b Question> {
        bank.questions.get(self.index).ok_or_else(|| Failure::new("missing.quiz", "This quiz has no questions"))
    }

    pub fn given(&self, question: &Question) -> Option<&str> {
        self.answers.get(&question.id).map(String::as_str)
    }

    pub fn is_right(&self, question: &Question) -> bool {
        self.given(question) == Some(question.correct.as_str())
    }

    pub fn phase(&self, bank: &Bank) -> Result<Phase> {
        Ok(match (self.finished, self.given(self.question(bank)?)) {
            (true, _) => Phase::Finished,
            (false, Some(_)) => Phase::Answered,
            (false, None) => Phase::Question,
        })
    }

    fn is_last(&self, bank: &Bank) -> bool {
        self.index + 1 == bank.questions.len()
    }

    /// `shown`: the question that the visitor had before them, if the widget said so. A page that lags behind must
    /// not answer a question that it does not show.
    fn demand(&self, bank: &Bank, phase: Phase, shown: Option<&str>) -> Result<()> {
        if shown.is_some_and(|id| self.question(bank).is_ok_and(|question| question.id != id)) {
            return fail("conflict.out-of-order", "The quiz has moved on; this page shows an earlier question");
        }
        match self.phase(bank)? {
            present if present == phase => Ok(()),
            Phase::Question => fail("conflict.out-of-order", "Answer the question first"),
            Phase::Answered => fail("conflict.out-of-order", "This question is answered already"),
            Phase::Finished => fail("conflict.out-of-order", "The quiz is finished; start again to play once more"),
        }
    }

    /// Errors: `conflict.out-of-order`; `input.invalid` for an option that the question does not have.
    pub fn submit(&mut self, bank: &Bank, shown: Option<&str>, answer: &str) -> Result<()> {
        self.demand(bank, Phase::Question, shown)?;
        let question = self.question(bank)?;
        if question.label(answer).is_none() {
            return Err(Failure::field("/answer", "Choose one of the answers"));
        }
        self.answers.insert(question.id.clone(), answer.to_owned());
        Ok(())
    }

    /// Errors: `conflict.out-of-order`.
    pub fn next(&mut self, bank: &Bank, shown: Option<&str>) -> Result<()> {
        self.demand(bank, Phase::Answered, shown)?;
        if self.is_last(bank) {
            return fail("conflict.out-of-order", "This was the last question; finish the quiz");
        }
        self.index += 1;
        Ok(())
    }

    /// Errors: `conflict.out-of-order`.
    pub fn finish(&mut self, bank: &Bank, shown: Option<&str>) -> Result<()> {
        self.demand(bank, Phase::Answered, shown)?;
        if !self.is_last(bank) {
            return fail("conflict.out-of-order", "There are more questions; go on to the next one");
        }
        self.finished = true;
        Ok(())
    }
}
