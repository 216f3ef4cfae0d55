//! Workspaces and what belongs to them: by the command line's admin, who is an owner of the first workspace, and by people.
mod isolation;
mod keys;
mod operators;
mod spaces;
