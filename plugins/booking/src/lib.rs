//! Appointments. A time is one entry of the state, so that it cannot be booked twice: who comes second, also at the same
//! moment, finds it taken.
mod actions;
mod calendar;
mod slots;
#[cfg(test)]
mod tests;
mod view;

use inlay::*;

plugin! {
    actions {
        /// Book an appointment.
        "appointment.book" => actions::book,
        /// Cancel one of the visitor's appointments.
        #[destructive]
        "appointment.cancel" => actions::cancel,
    }
    queries {
        /// The open days, the free times of one of them, and the visitor's appointments.
        #[visitor]
        "appointments" => view::show,
        /// Who has booked what, from today on.
        #[admin]
        "bookings" => actions::booked,
    }
}
