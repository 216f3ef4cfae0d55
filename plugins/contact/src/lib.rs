//! A contact form. Visitors send, administrators read, and after a while messages delete themselves.
mod form;
mod submissions;
#[cfg(test)]
mod tests;

use inlay::*;

plugin! {
    actions {
        /// Send a message to the people behind this site.
        "submit_contact_form" => form::submit,
    }
    queries {
        /// What the form needs to show itself.
        "contact-form" => form::empty,
        /// What visitors have sent, newest first.
        #[admin]
        "submissions" => submissions::page,
    }
}
