//! Appointments. A time is one entry of the state, so that it cannot be booked twice: who comes second, also at the same
//! moment, finds it taken.
mod actions;
mod calendar;
mod people;
mod slots;
#[cfg(test)]
mod tests;
mod view;

use inlay::*;

plugin! {
    actions {
        /// Bring an anonymous visitor's appointments together with those of the person he turned out to be.
        "merge_visitors" => people::merge,
        /// Delete who has booked what of a visitor; the times are free again.
        #[destructive]
        "erase_visitor" => people::erase,
        /// Book an appointment.
        "appointment.book" => actions::book,
        /// Cancel one of the visitor's appointments.
        #[destructive]
        "appointment.cancel" => actions::cancel,
    }
    queries {
        /// What one visitor has booked, with name and address.
        "appointments_of_visitor" => people::export,
        /// The open days, the free times of one of them, and the visitor's appointments.
        #[visitor]
        "appointments" => view::show,
        /// Who has booked what, from today on.
        #[admin]
        "bookings" => actions::booked,
    }
}
