//! The widget tree: its shape, its wire form, its figures.
