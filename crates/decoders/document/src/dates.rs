//! Dates as PDF writes them (ISO 32000-1, 7.9.4), said in ISO 8601.

/// `D:20240229143000+01'00'` becomes `2024-02-29T14:30:00+01:00`; what is missing is left out, what is no date is `None`.
pub(crate) fn iso(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches("D:");
    let mut rest = text;
    let year = number(&mut rest, 4, 1..=9999)?;
    let date = format!("{year:04}");
    let Some(month) = number(&mut rest, 2, 1..=12) else { return Some(date) };
    let date = format!("{date}-{month:02}");
    let Some(day) = number(&mut rest, 2, 1..=31) else { return Some(date) };
    let date = format!("{date}-{day:02}");
    let Some(hour) = number(&mut rest, 2, 0..=23) else { return Some(date) };
    let minute = number(&mut rest, 2, 0..=59).unwrap_or(0);
    let second = number(&mut rest, 2, 0..=59).unwrap_or(0);
    let offset = offset(rest).unwrap_or_default();
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{offset}"))
}

/// `Z`, `+01'00'`, `-0330`: only where the file gives one.
fn offset(text: &str) -> Option<String> {
    let sign = text.chars().next()?;
    if sign == 'Z' || sign == 'z' {
        return Some("Z".to_owned());
    }
    if sign != '+' && sign != '-' {
        return None;
    }
    let mut rest = text.get(1..)?;
    let hours = number(&mut rest, 2, 0..=23)?;
    rest = rest.strip_prefix(['\'', ':']).unwrap_or(rest);
    let minutes = number(&mut rest, 2, 0..=59).unwrap_or(0);
    Some(format!("{sign}{hours:02}:{minutes:02}"))
}

/// Takes so many digits from the front.
fn number(rest: &mut &str, digits: usize, allowed: std::ops::RangeInclusive<u32>) -> Option<u32> {
    let (front, back) = rest.split_at_checked(digits)?;
    let number = front.bytes().all(|b| b.is_ascii_digit()).then(|| front.parse().ok()).flatten()?;
    if !allowed.contains(&number) {
        return None;
    }
    *rest = back;
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn a_date_says_what_it_knows_and_no_more() {
        for (pdf, said) in [
            ("D:20240229143000+01'00'", Some("2024-02-29T14:30:00+01:00")),
            ("D:20240229143000-03'30", Some("2024-02-29T14:30:00-03:30")),
            ("D:20240229143000Z00'00'", Some("2024-02-29T14:30:00Z")),
            ("20240229143000", Some("2024-02-29T14:30:00")),
            ("D:202402291430", Some("2024-02-29T14:30:00")),
            ("D:20240229", Some("2024-02-29")),
            ("D:2024", Some("2024")),
            ("D:20241399", Some("2024")),
            ("yesterday", None),
            ("", None),
            ("D:20é4", None),
        ] {
            assert_eq!(iso(pdf).as_deref(), said, "{pdf}");
        }
    }
}
