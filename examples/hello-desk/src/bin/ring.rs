//! Rings as a patron and talks: `ring --url URL --origin ORIGIN --widget WIDGET QUESTION`.
//!
//! What is said is printed; each line from standard input is a message, and its end ends the chat.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use clap::Parser;
use deskbell_client::protocol::event::ChatEvent;
use deskbell_client::protocol::ids::WidgetId;
use deskbell_client::{Client, Event, Options, Ring, Status, TcpConnector, patron_session};
use hello_desk::{chat_events, line_of, lines};

/// Rings at a library's desk.
#[derive(Parser)]
struct Args {
    /// The broker: http://host:port or https://host:port.
    #[arg(long, env = "DESKBELL_URL")]
    url: String,
    /// The library page's origin, as the widget's list has it.
    #[arg(long)]
    origin: String,
    /// The widget on that page.
    #[arg(long)]
    widget: WidgetId,
    /// Say this once somebody answers, instead of reading standard input, and end the chat.
    #[arg(long)]
    say: Option<String>,
    /// The first words.
    question: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut args = Args::parse();
    let granted =
        patron_session(&TcpConnector::new(), &args.url, &args.origin, args.widget).await?;
    let mut options = Options::new(args.url, granted.into());
    options.origin = Some(args.origin);
    let (client, mut events) = Client::connect(options);

    let chat = client.open(Ring::new(args.question)).await?.chat;
    println!("(ringing; the chat is {chat})");
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
                match event {
                    Some(Event::Wait { ahead, .. }) => println!("({ahead} ahead of you)"),
                    Some(Event::Status(Status::Waiting { reason, .. })) => {
                        println!("(connecting again: {reason})");
                    }
                    Some(event) => {
                        for event in chat_events(event) {
                            if let Some(line) = line_of(&event) {
                                println!("{line}");
                            }
                            if matches!(event, ChatEvent::Ended { .. }) {
                                client.close().await;
                                return Ok(());
                            }
                            let answered = matches!(event, ChatEvent::Claimed { .. });
                            if let Some(say) = args.say.take_if(|_| answered) {
                                client.post(chat, say).await?;
                                client.end(chat).await?;
                            }
                        }
                    }
                    None => anyhow::bail!("the connection is over: {:?}", client.status()),
                }
            }
        }
    }
}
