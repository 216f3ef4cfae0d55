//! DOORS: one file per public surface. A door translates, a room decides.
