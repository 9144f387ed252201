//! Properties of the directory, over random ones.
