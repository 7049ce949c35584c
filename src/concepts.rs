//! Concepts: the terms that the documentation of this crate uses.
