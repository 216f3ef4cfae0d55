//! Quizzes of multiple-choice questions: answer, see whether it was right, go on; a score and a review at the end.
mod actions;
mod bank;
mod progress;
#[cfg(test)]
mod tests;
mod view;

use inlay::*;

plugin! {
    actions {
        /// Answer the present question.
        "mcq.submit" => actions::submit,
        /// Forget all answers and start again.
        "mcq.clear" => actions::clear,
        /// Go on to the next question.
        "mcq.next" => actions::next,
        /// Close the quiz after its last question and show the result.
        "mcq.finish" => actions::finish,
    }
    queries {
        /// Where the visitor is in a quiz.
        #[visitor]
        "mcq" => actions::show,
    }
}
