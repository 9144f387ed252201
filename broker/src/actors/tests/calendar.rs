//! What the calendar brings: sign-off rules and the warning before them, the end of promised hours.
//! These worlds begin on a Friday at 08:00 UTC.

use std::time::Duration;

use deskbell_domain::directory::command::Command;
use deskbell_domain::directory::{Coop, Department, Institution};
use deskbell_protocol::ToClient;
use deskbell_protocol::to_client::GapReason;

use super::stage::{CHAT, Client, Stage, World, done, quiet};

/// The directory with these changes, in a library on UTC.
async fn with(stage: &Stage, change: impl FnOnce(&mut Department, &mut Coop, &mut Institution)) {
    let (birch, reference, tri) =
        ("birch".parse().unwrap(), "ref".parse().unwrap(), "tri".parse().unwrap());
    let directory = stage.node().directory.load_full();
    let mut home = directory.institutions[&birch].clone();
    home.time_zone = "UTC".into();
    let mut department = directory.departments[&reference].clone();
    let mut coop = directory.coops[&tri].clone();
    change(&mut department, &mut coop, &mut home);
    let commands = vec![
        Command::SetInstitution(birch, home),
        Command::SetDepartment(reference, department),
        Command::SetCoop(tri, coop),
    ];
    stage.node().keeper().apply(commands).await.unwrap();
    quiet().await;
}

fn alarms(client: &mut Client) -> Vec<GapReason> {
    let why = |frame: &ToClient| match frame {
        ToClient::GapAlarm { why, .. } => Some(*why),
        _ => None,
    };
    client.heard().iter().filter_map(why).collect()
}

#[test]
fn a_sign_off_rule_warns_and_then_ends_the_shift_of_who_is_not_chatting() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        with(&stage, |department, _, _| {
            department.sign_off = toml::from_str::<std::collections::BTreeMap<String, Vec<_>>>(
                "rules = [{ days = ['fri'], at = '08:20' }]",
            )
            .unwrap()
            .remove("rules")
            .unwrap();
        })
        .await;
        let mut patron = stage.patron(1);
        let mut maya = stage.operator("maya").await;
        let mut noor = stage.operator("noor").await;
        patron.open(CHAT).await;
        done(&noor.claim(CHAT).await);
        world.moves(Duration::from_mins(14)).await;
        assert_eq!(alarms(&mut maya), []);
        world.moves(Duration::from_mins(2)).await;
        assert_eq!(alarms(&mut maya), [GapReason::SignOff]);
        world.moves(Duration::from_mins(5)).await;
        let monitors = |user: &str| {
            let told = stage.node().presence.told(&user.parse().unwrap()).unwrap();
            told.monitoring.contains(&"department/ref".parse().unwrap())
        };
        assert!(!monitors("maya"), "her shift is over");
        assert!(monitors("noor"), "she is chatting");
        let told = |frame: &ToClient| matches!(frame, ToClient::Presence { re: None, .. });
        assert!(maya.heard().iter().any(told), "her devices hear of it");
    });
}

#[test]
fn the_end_of_promised_hours_with_nobody_on_raises_the_alarm_once() {
    World::new().play(async |world| {
        let stage = world.broker().await;
        let hours = "hours = { fri = ['08:00-09:00'] }";
        let mut hours: std::collections::BTreeMap<String, _> = toml::from_str(hours).unwrap();
        let hours = hours.remove("hours").unwrap();
        with(&stage, |_, coop, _| {
            coop.members.get_mut(&"birch".parse().unwrap()).unwrap().contribution = hours;
        })
        .await;
        let mut maya = stage.newcomer("maya");
        quiet().await;
        world.moves(Duration::from_mins(59)).await;
        assert_eq!(alarms(&mut maya), []);
        world.moves(Duration::from_mins(2)).await;
        assert_eq!(alarms(&mut maya), [GapReason::ContributionEnded]);
        world.moves(Duration::from_hours(24)).await;
        assert_eq!(alarms(&mut maya).len(), 1);
        maya.tell(&["coop/tri"]).await;
        maya.until(|frame| matches!(frame, ToClient::GapOver { .. })).await;
        maya.tell(&[]).await;
        quiet().await;
        assert_eq!(alarms(&mut maya), [GapReason::ContributionEnded, GapReason::Left]);
    });
}
