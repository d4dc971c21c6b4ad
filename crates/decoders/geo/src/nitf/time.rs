//! When a NITF was written: each standard has its own way to say so.

/// `CCYYMMDDhhmmss`, UTC. Hyphens stand for what is not known: then there is no time to tell.
pub(super) fn with_digits(time: &str) -> Option<String> {
    let digits = time.bytes().all(|byte| byte.is_ascii_digit()) && time.len() == 14;
    let part = |from: usize, to: usize| time.get(from..to);
    digits.then(|| iso([part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12), part(12, 14)]))?
}

/// `DDHHMMSSZMONYY` of 2.0. Years from 50 on are of the last century.
pub(super) fn with_month_name(time: &str) -> Option<String> {
    const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    let month = time.get(9..12).and_then(|name| MONTHS.iter().position(|month| *month == name))?;
    let year: u16 = time.get(12..14)?.parse().ok()?;
    let (month, year) = (format!("{:02}", month + 1), format!("{}", if year >= 50 { 1900 + year } else { 2000 + year }));
    let digits = time.get(..8)?.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| iso([Some(&year), Some(&month), time.get(0..2), time.get(2..4), time.get(4..6), time.get(6..8)]))?
}

fn iso(parts: [Option<&str>; 6]) -> Option<String> {
    let [year, month, day, hour, minute, second] = parts;
    let (year, month, day, hour, minute, second) = (year?, month?, day?, hour?, minute?, second?);
    let within = |text: &str, low: u8, high: u8| text.parse().is_ok_and(|number| (low..=high).contains(&number));
    let is_time = within(month, 1, 12) && within(day, 1, 31) && within(hour, 0, 23) && within(minute, 0, 59) && within(second, 0, 60);
    is_time.then(|| format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_a_time_are_read() {
        assert_eq!(with_digits("20110401123456").as_deref(), Some("2011-04-01T12:34:56Z"));
        assert_eq!(with_month_name("15170000ZOCT97").as_deref(), Some("1997-10-15T17:00:00Z"));
        for none in ["2011----------", "20111301000000", "", "NOT A TIME    "] {
            assert_eq!((with_digits(none), with_month_name(none)), (None, None), "{none}");
        }
    }
}
