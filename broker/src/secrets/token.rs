//! Tokens: who a connection is, signed, so that any node can tell without asking anything.
//!
//! `dbp1.CLAIMS.TAG` for patrons, `dbo1.CLAIMS.TAG` for operators: base64url of JSON, and of an
//! HMAC-SHA-256 over all that stands before it, prefix included. What a token says is readable by
//! its holder, so it holds nothing that she may not know. Sessions ended early are not this
//! module's: whoever admits a token asks `Secrets::ended_sessions` too.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deskbell_domain::chat::event::Digest;
use deskbell_protocol::ids::{SessionId, UserId, WidgetId};
use hmac::Mac as _;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Keys, derivation};

/// How long a patron's token is good; the right to return to a chat outlives it.
pub const PATRON_LIFETIME: SignedDuration = SignedDuration::from_hours(12);
/// How long an operator's is; it is renewed on the connection.
pub const OPERATOR_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// How long one that a command makes may be, in hours.
pub const TOKEN_HOURS_MAX: u32 = 24 * 30;

const PATRON_PREFIX: &str = "dbp1";
const OPERATOR_PREFIX: &str = "dbo1";
/// Longer texts are no tokens of ours, and not worth a hash.
const TOKEN_BYTES_MAX: usize = 1024;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claims {
    /// A patron's.
    Patron(PatronClaims),
    /// An operator's.
    Operator(OperatorClaims),
}

/// A visit through a widget. Nothing of it is stored until a chat opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatronClaims {
    /// Where she came from.
    pub widget: WidgetId,
    /// Her visit.
    pub session: SessionId,
    /// Of the secret that lets her return; stored when her chat opens.
    pub secret: Digest,
    /// When the token ends.
    pub expires: Timestamp,
}

/// An operator's sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorClaims {
    /// Who.
    pub user: UserId,
    /// Which of her sign-ins.
    pub session: SessionId,
    /// When the token ends.
    pub expires: Timestamp,
}

/// Why a token is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Cut off, or not ours.
    #[error("this is not a token of this broker: ask for a new one")]
    Malformed,
    /// Changed, or signed by other keys.
    #[error("the token's signature does not match: ask for a new one")]
    BadSignature,
    /// Its time is over.
    #[error("the token has expired: ask for a new one")]
    Expired,
}

/// As it stands in a token: short names, seconds.
#[derive(Serialize, Deserialize)]
struct PatronWire {
    w: WidgetId,
    s: SessionId,
    d: String,
    exp: i64,
}

#[derive(Serialize, Deserialize)]
struct OperatorWire {
    u: UserId,
    s: SessionId,
    exp: i64,
}

/// Signs `claims`; their time is kept to the second.
pub fn sign(keys: &Keys, claims: &Claims) -> String {
    let (prefix, json) = match claims {
        Claims::Patron(it) => (
            PATRON_PREFIX,
            json_of(&PatronWire {
                w: it.widget.clone(),
                s: it.session,
                d: URL_SAFE_NO_PAD.encode(it.secret),
                exp: it.expires.as_second(),
            }),
        ),
        Claims::Operator(it) => (
            OPERATOR_PREFIX,
            json_of(&OperatorWire {
                u: it.user.clone(),
                s: it.session,
                exp: it.expires.as_second(),
            }),
        ),
    };
    let mut token = format!("{prefix}.{}", URL_SAFE_NO_PAD.encode(json));
    let tag = derivation::keyed(&keys.signing, &[token.as_bytes()]);
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(tag));
    token
}

/// What `token` says, if these keys signed it and it is good at `now`. Nothing of it is read before
/// the signature holds, and the comparison takes the same time wherever it differs.
pub fn verify(keys: &Keys, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(TokenError::Malformed);
    }
    let (signed, tag) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (prefix, payload) = signed.split_once('.').ok_or(TokenError::Malformed)?;
    if prefix != PATRON_PREFIX && prefix != OPERATOR_PREFIX {
        return Err(TokenError::Malformed);
    }
    let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| TokenError::Malformed)?;
    let mac = derivation::mac_of(&keys.signing).chain_update(signed.as_bytes());
    mac.verify_slice(&tag).map_err(|_| TokenError::BadSignature)?;

    let claims = if prefix == PATRON_PREFIX { patron(payload)? } else { operator(payload)? };
    if claims.expires() <= now { Err(TokenError::Expired) } else { Ok(claims) }
}

impl Claims {
    /// When the token ends.
    pub fn expires(&self) -> Timestamp {
        match self {
            Self::Patron(it) => it.expires,
            Self::Operator(it) => it.expires,
        }
    }

    /// Whose visit or sign-in it is.
    pub fn session(&self) -> SessionId {
        match self {
            Self::Patron(it) => it.session,
            Self::Operator(it) => it.session,
        }
    }
}

fn patron(payload: &str) -> Result<Claims, TokenError> {
    let wire: PatronWire = read(payload)?;
    let secret = URL_SAFE_NO_PAD.decode(wire.d).map_err(|_| TokenError::Malformed)?;
    Ok(Claims::Patron(PatronClaims {
        widget: wire.w,
        session: wire.s,
        secret: secret.try_into().map_err(|_| TokenError::Malformed)?,
        expires: second(wire.exp)?,
    }))
}

fn operator(payload: &str) -> Result<Claims, TokenError> {
    let wire: OperatorWire = read(payload)?;
    let expires = second(wire.exp)?;
    Ok(Claims::Operator(OperatorClaims { user: wire.u, session: wire.s, expires }))
}

fn read<T: DeserializeOwned>(payload: &str) -> Result<T, TokenError> {
    let json = URL_SAFE_NO_PAD.decode(payload).map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| TokenError::Malformed)
}

fn second(second: i64) -> Result<Timestamp, TokenError> {
    Timestamp::from_second(second).map_err(|_| TokenError::Malformed)
}

fn json_of<T: Serialize>(wire: &T) -> Vec<u8> {
    serde_json::to_vec(wire).expect("texts and numbers are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys { signing: [3; 32], store: [4; 32] }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn patron() -> Claims {
        Claims::Patron(PatronClaims {
            widget: "birch-home".parse().unwrap(),
            session: SessionId(5),
            secret: [6; 32],
            expires: at(1000),
        })
    }

    fn operator() -> Claims {
        let user = "maya".parse().unwrap();
        Claims::Operator(OperatorClaims { user, session: SessionId(5), expires: at(1000) })
    }

    #[test]
    fn a_token_says_what_was_signed() {
        for claims in [patron(), operator()] {
            let token = sign(&keys(), &claims);
            assert_eq!(verify(&keys(), &token, at(999)), Ok(claims));
        }
    }

    #[test]
    fn a_token_is_good_until_its_time_and_no_longer() {
        let token = sign(&keys(), &operator());
        assert_eq!(verify(&keys(), &token, at(1000)), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_of_other_keys_is_refused_before_its_time_is_read() {
        let token = sign(&Keys { signing: [9; 32], store: [4; 32] }, &operator());
        assert_eq!(verify(&keys(), &token, at(2000)), Err(TokenError::BadSignature));
    }

    #[test]
    fn no_changed_character_passes() {
        for claims in [patron(), operator()] {
            let token = sign(&keys(), &claims);
            for place in 0..token.len() {
                let mut bytes = token.clone().into_bytes();
                bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
                let changed = String::from_utf8(bytes).unwrap();
                assert!(verify(&keys(), &changed, at(1)).is_err(), "{place}: {changed}");
            }
        }
    }

    #[test]
    fn a_patron_token_under_an_operators_prefix_is_refused() {
        let token = sign(&keys(), &patron()).replace("dbp1.", "dbo1.");
        assert_eq!(verify(&keys(), &token, at(1)), Err(TokenError::BadSignature));
    }

    #[test]
    fn what_is_no_token_is_malformed() {
        let long = format!("dbo1.{}.AA", "A".repeat(4000));
        for text in ["", ".", "..", "dbo1", "dbo1.e30", "dbo2.e30.AA", "dbo1.e30.!", &long] {
            assert_eq!(verify(&keys(), text, at(1)), Err(TokenError::Malformed), "{text}");
        }
    }
}
