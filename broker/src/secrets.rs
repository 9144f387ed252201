//! PORT: what must not be an event: keys, password hashes, single-use links, minted tokens, ended
//! sessions. Part of `backup` and `restore`; never of an export.
