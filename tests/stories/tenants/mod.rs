//! Workspaces and what belongs to them, with the command line's admin, who is an owner of the first workspace.
mod keys;
mod operators;
mod spaces;
