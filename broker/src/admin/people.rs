//! Requests about how people sign in.

use argon2::password_hash::phc::PasswordHash;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use deskbell_protocol::ids::UserId;
use jiff::SignedDuration;

use super::wire::{LinkCreated, MintTokens, SetPasswordHash, TokensMinted};
use super::{AdminState, Problem};
use crate::secrets::MintedToken;
use crate::secrets::derivation::Secret;
use crate::secrets::token::{self, Claims, OperatorClaims, TOKEN_HOURS_MAX};

const LINK_LIFETIME: SignedDuration = SignedDuration::from_hours(24);
const TOKENS_AT_ONCE_MAX: u32 = 100_000;
const NOTE_BYTES_MAX: usize = 200;

pub(super) async fn set_password(
    State(state): State<AdminState>,
    Path(user): Path<String>,
    Json(asked): Json<SetPasswordHash>,
) -> Result<StatusCode, Problem> {
    let user = known(&state, &user)?;
    let hash = PasswordHash::new(&asked.phc).ok();
    if hash.is_none_or(|hash| hash.algorithm.as_str() != "argon2id") {
        return Err(Problem::refused("this is no argon2id hash: use `deskbell user password`"));
    }
    state.secrets.set_password_hash(user, asked.phc).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn create_link(
    State(state): State<AdminState>,
    Path(user): Path<String>,
) -> Result<Json<LinkCreated>, Problem> {
    let user = known(&state, &user)?;
    let secret = Secret::generate(&*state.chance);
    let expires = state.clock.now() + LINK_LIFETIME;
    state.secrets.create_link(user, secret.digest(), expires).await?;
    Ok(Json(LinkCreated { secret: secret.reveal().to_owned(), expires }))
}

pub(super) async fn mint(
    State(state): State<AdminState>,
    Path(user): Path<String>,
    Json(asked): Json<MintTokens>,
) -> Result<Json<TokensMinted>, Problem> {
    let user = known(&state, &user)?;
    if !(1..=TOKENS_AT_ONCE_MAX).contains(&asked.count) {
        return Err(Problem::refused(format!("--count takes 1 to {TOKENS_AT_ONCE_MAX}")));
    }
    if !(1..=TOKEN_HOURS_MAX).contains(&asked.hours) {
        return Err(Problem::refused(format!("--hours takes 1 to {TOKEN_HOURS_MAX}")));
    }
    if asked.note.len() > NOTE_BYTES_MAX {
        return Err(Problem::refused(format!("a note has at most {NOTE_BYTES_MAX} bytes")));
    }
    let (issued, keys) = (state.clock.now(), state.secrets.keys());
    let expires = issued + SignedDuration::from_hours(asked.hours.into());
    let (mut records, mut tokens) = (Vec::new(), Vec::new());
    for _ in 0..asked.count {
        let session = state.chance.session();
        let note = asked.note.clone();
        let claims = OperatorClaims { user: user.clone(), session, expires };
        tokens.push(token::sign(&keys, &Claims::Operator(claims)));
        records.push(MintedToken { user: user.clone(), session, issued, expires, note });
    }
    // Recorded before anybody has them.
    state.secrets.record_tokens(records).await?;
    Ok(Json(TokensMinted { user, tokens }))
}

fn known(state: &AdminState, user: &str) -> Result<UserId, Problem> {
    let remedy = "`deskbell directory export` lists everybody";
    let id: UserId = user.parse().map_err(Problem::refused)?;
    match state.directory.snapshot().users.get(&id) {
        Some(person) if person.active => Ok(id),
        Some(_) => Err(Problem::refused(format!(
            "user {id} is not active: set active = true in the directory file and apply it"
        ))),
        None => Err(Problem::not_found(format!("there is no user {id}: {remedy}"))),
    }
}
