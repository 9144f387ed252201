//! Sentences about the rules.
