//! Plugins' data: the unit of work, its snapshot and its one commit.
