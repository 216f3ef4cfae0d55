//! A contact form and feedback. Visitors send, administrators read, and after a while messages delete themselves.
mod feedback;
mod form;
mod keep;
mod submissions;
#[cfg(test)]
mod tests;

use inlay::*;

plugin! {
    actions {
        /// Send a message to the people behind this site.
        "submit_contact_form" => form::submit,
        /// Rate the site, with a word if one likes.
        "send_feedback" => feedback::send,
        /// Delete what a visitor has sent.
        #[destructive]
        "erase_visitor" => keep::erase,
    }
    queries {
        /// What the form needs to show itself.
        "contact-form" => form::empty,
        /// What visitors have sent, newest first.
        #[admin]
        "submissions" => submissions::page,
        /// What the feedback form needs to show itself.
        "feedback" => feedback::empty,
        /// How the site was rated, and what was said, newest first.
        #[admin]
        "received-feedback" => feedback::received,
        /// What one visitor has sent.
        "sent_by_visitor" => keep::sent,
    }
}
