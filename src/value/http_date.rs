use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A date as HTTP writes it (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, or one of the two obsolete forms, of which the one with
/// a year of two digits means the year nearest to `now` that is at most 50 years ahead.
pub fn http_date(text: &str, now: Timestamp) -> Option<Timestamp> {
    let (day, rest) = text.trim().split_once(' ')?;
    let is_day =
        |name: &str, is_long: bool| DAYS.iter().any(|day| if is_long { *day == name } else { day[..3] == *name });
    let words: Vec<&str> = rest.split_ascii_whitespace().collect();
    let (year, month, date, time) = match (day.strip_suffix(','), words.as_slice()) {
        (Some(day), [date, month, year, time, "GMT"]) if is_day(day, false) => {
            (number(year, 4..=4)?, *month, number(date, 2..=2)?, *time)
        }
        (Some(day), [date, time, "GMT"]) if is_day(day, true) => {
            let mut parts = date.split('-');
            let (date, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            if parts.next().is_some() {
                return None;
            }
            (nearest(number(year, 2..=2)?, now), month, number(date, 2..=2)?, *time)
        }
        (None, [month, date, time, year]) if is_day(day, false) => {
            (number(year, 4..=4)?, *month, number(date, 1..=2)?, *time)
        }
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)? as i8 + 1;
    let mut parts = time.split(':').map(|part| number(part, 2..=2));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || second > 60 {
        return None;
    }
    // A leap second is the second before it, as POSIX counts.
    let time = Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, second.min(59) as i8, 0).ok()?;
    let date = Date::new(year, month, i8::try_from(date).ok()?).ok()?;
    TimeZone::UTC.to_timestamp(DateTime::from_parts(date, time)).ok()
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<i16> {
    let fits = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

fn nearest(year: i16, now: Timestamp) -> i16 {
    let this = TimeZone::UTC.to_datetime(now).year();
    let in_century = this - this.rem_euclid(100) + year;
    if in_century > this + 50 {
        in_century - 100
    } else if in_century <= this - 50 {
        in_century + 100
    } else {
        in_century
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_of_the_standard_are_read_and_no_other() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-28T12:00:00Z");
        let table = [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some("1994-11-06T08:49:37Z")),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some("1994-11-06T08:49:37Z")),
            ("Sun Nov  6 08:49:37 1994", Some("1994-11-06T08:49:37Z")),
            ("  Sun, 06 Nov 1994 08:49:37 GMT ", Some("1994-11-06T08:49:37Z")),
            ("Sat, 28 Nov 2026 12:00:60 GMT", Some("2026-11-28T12:00:59Z")),
            ("Tuesday, 29-Feb-28 00:00:00 GMT", Some("2028-02-29T00:00:00Z")),
            ("Saturday, 28-Nov-76 00:00:00 GMT", Some("2076-11-28T00:00:00Z")),
            ("Monday, 28-Nov-77 00:00:00 GMT", Some("1977-11-28T00:00:00Z")),
            ("Wed Nov 16 08:49:37 1994", Some("1994-11-16T08:49:37Z")),
            ("Sun, 06 Nov 1994 08:49:37 UTC", None),
            ("Sun, 06 Nov 94 08:49:37 GMT", None),
            ("Sun, 31 Feb 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49 GMT", None),
            ("Sun, 06 Nov 1994 25:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:61 GMT", None),
            ("Fun, 06 Nov 1994 08:49:37 GMT", None),
            ("Sun, 6 Nov 1994 08:49:37 GMT", None),
            ("1994-11-06T08:49:37Z", None),
            ("120", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(http_date(text, now), expected.map(at), "{text}");
        }
    }
}
