//! People: how they get in, stay in, and are kept out.
mod first;
mod passwords;
mod refresh;
