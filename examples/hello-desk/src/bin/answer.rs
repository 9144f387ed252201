//! Signs in, monitors a co-op or department, claims the first chat and answers it:
//! `answer --url URL --user USER --monitor coop/ID`, with the password in `DESKBELL_PASSWORD`.
//!
//! What is said is printed; each line from standard input is a message, and its end ends the chat.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use clap::Parser;
use deskbell_client::protocol::codes::ErrorCode;
use deskbell_client::protocol::event::ChatEvent;
use deskbell_client::protocol::ids::{ChatId, Target, UserId};
use deskbell_client::protocol::view;
use deskbell_client::{Client, ClientError, Event, Events, Options, TcpConnector, sign_in};
use hello_desk::{chat_events, line_of, lines};

/// Answers at the desk.
#[derive(Parser)]
struct Args {
    /// The broker: http://host:port or https://host:port.
    #[arg(long, env = "DESKBELL_URL")]
    url: String,
    /// Login name.
    #[arg(long)]
    user: UserId,
    /// From the environment: others could read a command line.
    #[arg(long, env = "DESKBELL_PASSWORD", hide = true, hide_env_values = true)]
    password: String,
    /// What to monitor: coop/ID or department/ID.
    #[arg(long)]
    monitor: Target,
    /// Say this instead of reading standard input.
    #[arg(long)]
    say: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let granted = sign_in(&TcpConnector::new(), &args.url, args.user, args.password).await?;
    let (client, mut events) = Client::connect(Options::new(args.url, granted.into()));
    client.list_subscribe().await?;
    client.set_presence(view::Status::Online, vec![args.monitor]).await?;
    println!("(waiting for a patron)");
    let chat = first_claimed(&client, &mut events).await?;
    if let Some(say) = &args.say {
        client.post(chat, say).await?;
    }

    let mut typed = lines();
    let mut reading = args.say.is_none();
    loop {
        tokio::select! {
            line = typed.recv(), if reading => {
                if let Some(line) = line {
                    client.post(chat, line).await?;
                } else {
                    reading = false;
                    client.end(chat).await?;
                }
            }
            event = events.next() => {
                let Some(event) = event else {
                    anyhow::bail!("the connection is over: {:?}", client.status());
                };
                for event in chat_events(event) {
                    if let Some(line) = line_of(&event) {
                        println!("{line}");
                    }
                    if matches!(event, ChatEvent::Ended { .. }) {
                        client.close().await;
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// Waits for a patron and claims. Who is second claims what the broker says is next.
async fn first_claimed(client: &Client, events: &mut Events) -> anyhow::Result<ChatId> {
    loop {
        let mut rung = match events.next().await {
            Some(Event::List(rows)) => rows.first().map(|row| row.chat),
            Some(Event::Row(row)) => Some(row.chat),
            Some(_) => None,
            None => anyhow::bail!("the connection is over: {:?}", client.status()),
        };
        while let Some(chat) = rung {
            match client.claim(chat).await {
                Ok(written) => return Ok(written.chat),
                Err(ClientError::Refused(refused)) if refused.code == ErrorCode::AlreadyClaimed => {
                    rung = refused.next.map(|row| row.chat);
                }
                Err(error) if error.code() == Some(ErrorCode::NotFound) => rung = None,
                Err(error) => return Err(error.into()),
            }
        }
    }
}
