//! How the server is reached, and, when it is not, what whoever runs the broker can do.

use ::redis::{Client, ErrorKind, IntoConnectionInfo, RedisError};

use super::ServerError;
use crate::config::RedisSettings;

/// A way to the server; nothing is connected yet.
pub(super) fn client(settings: &RedisSettings) -> Result<Client, ServerError> {
    let wrong = |error: RedisError| {
        ServerError::Away(format!("{}: {error}: correct redis.url", settings.url))
    };
    let mut place = settings.url.as_str().into_connection_info().map_err(wrong)?;
    let mut login = place.redis_settings().clone();
    if let Some(user) = &settings.user {
        login = login.set_username(user);
    }
    if let Some(file) = &settings.password_file {
        let password = std::fs::read_to_string(file).map_err(|error| {
            let file = file.display();
            ServerError::Away(format!("{file}: {error}: correct redis.password_file"))
        })?;
        login = login.set_password(password.trim_end());
    }
    place = place.set_redis_settings(login);
    Client::open(place).map_err(wrong)
}

/// Why the server at `url` takes no connection.
pub(super) fn unreached(url: &str, error: &RedisError) -> ServerError {
    let what = match error.kind() {
        ErrorKind::AuthenticationFailed => {
            "it does not take this user and password: correct redis.user, or the file that \
             redis.password_file names"
                .to_owned()
        }
        _ => format!("{error}: is it running, and is redis.url its address?"),
    };
    ServerError::Away(format!("{url}: {what}"))
}
