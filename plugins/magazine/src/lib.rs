//! A small magazine: articles whose readers are counted, and a survey whose results everybody sees once they have answered.
mod articles;
mod survey;
#[cfg(test)]
mod tests;

use inlay::*;

plugin! {
    actions {
        /// Open an article.
        "article.read" => articles::read,
        /// Go back to the list.
        #[read]
        "article.list" => articles::list,
        /// Answer the survey, once.
        "survey.answer" => survey::answer,
        /// See what others have answered; for those who have answered.
        #[read]
        "survey.results" => survey::results,
    }
    queries {
        /// The articles, newest first, and which of them the visitor has read.
        #[visitor]
        "articles" => articles::show,
        /// One article in full.
        #[shared]
        "article" => articles::one,
        /// The survey, or its results.
        #[visitor]
        "survey" => survey::show,
        /// How often each article was opened.
        #[admin]
        "readers" => articles::readers,
    }
}
