//! Question banks, as the configuration holds them.
use inlay::*;

#[derive(Deserialize, Clone, Debug)]
pub struct Bank {
    pub title: String,
    pub questions: Vec<Question>,
}

#[derive(Deserialize, Clone, Debug)]
pub struct Question {
    pub id: String,
    pub text: String,
    pub options: Vec<Choice>,
    /// The value of the right option.
    pub correct: String,
    #[serde(default)]
    pub explanation: Option<String>,
}

#[derive(Deserialize, Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

impl Question {
    /// What a visitor reads for an option's value.
    pub fn label(&self, value: &str) -> Option<String> {
        self.options.iter().find(|option| option.value == value).map(|option| option.label.clone())
    }
}

/// A quiz's name and bank; without a name, the first. Errors: `missing.quiz`.
pub fn find(cx: &Cx, quiz: Option<String>) -> Result<(String, Bank)> {
    let quiz = match quiz.filter(|name| !name.is_empty()) {
        Some(name) => name,
        None => cx.config("/quizzes/0")?,
    };
    let unknown = || Failure::new("missing.quiz", "There is no such quiz");
    // A name is a plain word; anything else could point deeper into the configuration.
    if !quiz.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(unknown());
    }
    let bank = cx.find_config(&format!("/banks/{quiz}"))?.ok_or_else(unknown)?;
    Ok((quiz, bank))
}
