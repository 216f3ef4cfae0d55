//! The `.widget` file, ChatKit's own format, and its readable form on disk.
