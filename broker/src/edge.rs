//! The edge: the only place that knows both the wire and the domain.

pub mod tls;
