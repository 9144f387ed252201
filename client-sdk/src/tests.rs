//! The SDK against a scripted broker over real loopback sockets.

mod fake_broker;
