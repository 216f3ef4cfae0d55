//! JSON from outside: bounded before it is believed.
