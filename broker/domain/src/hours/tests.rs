//! Hours as sentences, at both changes of the clocks.

use jiff::civil::datetime;

use super::*;

/// New York's rules, without a database: clocks skip 02:00 to 03:00 on 8 March 2026, and show
/// 01:00 to 02:00 twice on 1 November 2026.
fn new_york() -> TimeZone {
    TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap()
}

fn hours(text: &str) -> Hours {
    #[derive(Deserialize)]
    struct Document {
        hours: Hours,
    }
    let document: Document = toml::from_str(&format!("hours = {text}")).unwrap();
    document.hours
}

fn wrong(text: &str) -> String {
    #[derive(Deserialize, Debug)]
    struct Document {
        #[expect(dead_code, reason = "it is never read")]
        hours: Hours,
    }
    toml::from_str::<Document>(&format!("hours = {text}")).unwrap_err().message().to_owned()
}

/// A moment by its wall clock, which there is exactly one of.
fn local(month: i8, day: i8, hour: i8, minute: i8) -> Timestamp {
    let shown = datetime(2026, month, day, hour, minute, 0, 0);
    new_york().to_ambiguous_timestamp(shown).unambiguous().unwrap()
}

fn minutes_open(hours: &Hours, from: Timestamp, minutes: i64) -> i64 {
    let minute = |n| from + Duration::new().minutes(n);
    i64::try_from((0..minutes).filter(|n| hours.is_open(&new_york(), minute(*n))).count()).unwrap()
}

#[test]
fn a_span_holds_its_first_minute_and_not_its_end() {
    let hours = hours(r#"{ mon = ["09:00-12:00", "13:00-17:00"] }"#);
    // 2 February 2026 is a Monday.
    let open = |hour, minute| hours.is_open(&new_york(), local(2, 2, hour, minute));
    assert!(!open(8, 59) && open(9, 0) && open(11, 59) && !open(12, 0) && open(13, 0));
    assert!(!open(17, 0) && !hours.is_open(&new_york(), local(2, 3, 10, 0)));
}

#[test]
fn a_date_replaces_its_day() {
    let hours =
        hours(r#"{ mon = ["09:00-17:00"], 2026-02-02 = ["10:00-11:00"], 2026-02-09 = [] }"#);
    assert!(!hours.is_open(&new_york(), local(2, 2, 9, 0)));
    assert!(hours.is_open(&new_york(), local(2, 2, 10, 30)));
    assert!(!hours.is_open(&new_york(), local(2, 9, 10, 30)));
    assert!(hours.is_open(&new_york(), local(2, 16, 9, 0)));
}

#[test]
fn a_day_without_a_change_of_clocks_is_as_long_as_it_says() {
    let hours = hours(r#"{ sun = ["01:00-04:00"] }"#);
    assert_eq!(minutes_open(&hours, local(2, 1, 0, 0), 24 * 60), 180);
}

#[test]
fn the_hour_that_clocks_skip_is_never_open() {
    let hours = hours(r#"{ sun = ["01:00-04:00"] }"#);
    assert_eq!(minutes_open(&hours, local(3, 8, 0, 0), 24 * 60), 120);
    let skipped = self::hours(r#"{ sun = ["02:15-02:45"] }"#);
    assert_eq!(minutes_open(&skipped, local(3, 8, 0, 0), 24 * 60), 0);
    let into = self::hours(r#"{ sun = ["01:30-02:30"] }"#);
    assert_eq!(minutes_open(&into, local(3, 8, 0, 0), 24 * 60), 30);
}

#[test]
fn the_hour_that_clocks_show_twice_is_open_twice() {
    let hours = hours(r#"{ sun = ["01:00-04:00"] }"#);
    assert_eq!(minutes_open(&hours, local(11, 1, 0, 0), 25 * 60), 240);
    // It closes at the second 01:30, and does not open again in between.
    let ends_inside = self::hours(r#"{ sun = ["00:30-01:30"] }"#);
    assert_eq!(minutes_open(&ends_inside, local(11, 1, 0, 0), 25 * 60), 120);
    let closes = ends_inside.changes_after(&new_york(), local(11, 1, 0, 45)).unwrap();
    assert_eq!(closes - local(11, 1, 0, 0), jiff::SignedDuration::from_mins(150));
}

#[test]
fn the_next_change_is_told_across_midnight_and_days() {
    let hours = hours(r#"{ mon = ["22:00-24:00"], tue = ["00:00-02:00"] }"#);
    let at = local(2, 2, 23, 0);
    assert_eq!(hours.changes_after(&new_york(), at), Some(local(2, 3, 2, 0)));
    assert_eq!(hours.changes_after(&new_york(), local(2, 3, 2, 0)), Some(local(2, 9, 22, 0)));
    assert_eq!(Hours::Always.changes_after(&new_york(), at), None);
    assert_eq!(self::hours("{}").changes_after(&new_york(), at), None);
}

#[test]
fn a_clock_comes_on_its_days() {
    let five: Clock = "17:00".parse().unwrap();
    let days = [Day::Mon, Day::Fri];
    assert_eq!(five.next_on(&days, &new_york(), local(2, 2, 16, 0)), Some(local(2, 2, 17, 0)));
    assert_eq!(five.next_on(&days, &new_york(), local(2, 2, 17, 0)), Some(local(2, 6, 17, 0)));
    assert_eq!(five.next_on(&[], &new_york(), local(2, 2, 17, 0)), None);
}

#[test]
fn what_says_no_hours_is_refused_with_what_to_write() {
    assert!(wrong(r#"{ mon = ["09:00-12:00", "11:00-13:00"] }"#).contains("of mon overlap"));
    assert!(wrong(r#"{ mon = ["22:00-02:00"] }"#).contains("split a night at midnight"));
    assert!(wrong(r#"{ mon = ["9-12"] }"#).contains("such as 09:30"));
    assert!(wrong(r#"{ mon = ["09:00-24:01"] }"#).contains("24:01"));
    assert!(wrong("{ monday = [] }").contains("write mon, tue"));
    assert!(wrong(r#""sometimes""#).contains("always"));
}

#[test]
fn hours_are_written_as_they_are_read() {
    let text = r#"{ mon = ["09:00-12:00"], 2026-12-25 = [] }"#;
    let again = toml::Value::try_from(hours(text)).unwrap().to_string();
    assert_eq!(hours(&again), hours(text));
    assert_eq!(toml::Value::try_from(Hours::Always).unwrap().as_str(), Some("always"));
}
