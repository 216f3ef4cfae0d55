//! minijinja: a widget's template and its data become a tree.
