//! What is stored reads back, is blanked where it is personal, and is checked.
