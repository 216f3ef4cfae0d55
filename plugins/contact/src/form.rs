//! The form: what it asks, what it accepts, what it says afterwards.
use crate::submissions::{self, Submission};
use inlay::*;

#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    Sales,
    Support,
    Demo,
    Feedback,
    Other,
}

#[derive(Deserialize)]
pub struct Form {
    /// The visitor's name
    #[schemars(length(min = 1, max = 100))]
    user_name: String,
    /// Where to answer
    #[schemars(length(min = 1, max = 254))]
    email: String,
    /// What it is about
    reason: Reason,
    /// The message
    #[schemars(length(min = 1, max = 5000))]
    message: String,
}

#[derive(Deserialize, Serialize)]
struct Labels {
    sales: String,
    support: String,
    demo: String,
    feedback: String,
    other: String,
}

#[derive(Serialize, Debug)]
pub struct Choice {
    value: Reason,
    label: String,
}

/// The widget's data before anything was sent.
#[derive(Serialize, Debug)]
pub struct EmptyForm {
    sent: bool,
    reasons: Vec<Choice>,
}

pub fn empty(cx: &Cx) -> Result<EmptyForm> {
    let Labels { sales, support, demo, feedback, other } = cx.config("labels")?;
    let reasons = [
        (Reason::Sales, sales),
        (Reason::Support, support),
        (Reason::Demo, demo),
        (Reason::Feedback, feedback),
        (Reason::Other, other),
    ];
    let reasons = reasons.into_iter().map(|(value, label)| Choice { value, label }).collect();
    Ok(EmptyForm { sent: false, reasons })
}

pub fn submit(cx: &Cx, form: Form) -> Result {
    let form = form.tidy()?;
    let name = form.user_name.clone();
    let id = submissions::store(cx, form.into_submission(cx))?;
    let thanks = format!("Thank you, {name}. We have received your message.");
    render("contact-form", json!({ "sent": true, "name": name })).data(json!({ "submissionId": id })).message(thanks)
}

impl Form {
    /// Trims everything, then checks what the schema cannot see. Errors: `input.invalid` with every wrong field.
    fn tidy(self) -> Result<Form> {
        let trimmed = |text: String| text.trim().to_owned();
        let form = Form {
            user_name: trimmed(self.user_name),
            email: trimmed(self.email),
            reason: self.reason,
            message: trimmed(self.message),
        };
        let mut faults = Faults::default();
        faults.require(!form.user_name.is_empty(), "/user_name", "Please tell us your name");
        faults.require(is_email(&form.email), "/email", "This does not look like an email address");
        faults.require(!form.message.is_empty(), "/message", "Please write a message");
        faults.check()?;
        Ok(form)
    }

    fn into_submission(self, cx: &Cx) -> Submission {
        Submission {
            id: format!("sub_{}", cx.call().id.trim_start_matches("act_")),
            user_name: self.user_name,
            email: self.email,
            reason: self.reason,
            message: self.message,
            at: cx.call().now_ms,
        }
    }
}

/// One "@", something before it, and a host with a dot behind it. Whether mail arrives there, only mail can tell.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@');
    plain(local) && plain(host) && host.contains('.') && host.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn emails_look_like_emails() {
        for good in ["a@b.co", "ada.lovelace+x@example.co.uk", "ж@пример.рф", "o'hara@ex.org"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "a@", "@b.co", "a@b", "a@b.", "a@.co", "a@b..co", "a b@c.de", "a@b@c.de", "a@b.c\nd"] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }
}
