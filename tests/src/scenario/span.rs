//! Times as people write them: `500ms`, `2s`, `1.5s`, `3min`, `1h`.

use std::time::Duration;

const UNITS: [(&str, f64); 4] = [("ms", 0.001), ("min", 60.0), ("h", 3600.0), ("s", 1.0)];

/// A number and its unit.
fn split(text: &str) -> Option<(&str, f64)> {
    let (number, factor) =
        UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))?;
    let is_number = !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && number.bytes().filter(|b| *b == b'.').count() <= 1;
    is_number.then_some((number, factor))
}

/// Reads a time.
pub fn parse(text: &str) -> Option<Duration> {
    let (number, factor) = split(text)?;
    let micros = number.parse::<f64>().ok()? * factor * 1_000_000.0;
    Some(Duration::from_micros(micros.round() as u64))
}

/// Whether a time is the one that is written, as exactly as it is written: `2s` is anything that rounds to 2 s, `2.0s`
/// anything that rounds to 2.0 s. `None` if what is written is no time.
pub fn is_about(written: &str, real: Duration) -> Option<bool> {
    let (number, factor) = split(written)?;
    let places = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let step = factor / 10_f64.powi(i32::try_from(places).unwrap_or(0));
    let apart = real.as_secs_f64() - parse(written)?.as_secs_f64();
    Some(apart.abs() <= step / 2.0 + 1e-9)
}

/// A time as a failure shows it.
pub fn show(real: Duration) -> String {
    format!("{:.3}s", real.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for (text, ms) in
            [("500ms", 500), ("2s", 2_000), ("1.5s", 1_500), ("3min", 180_000), ("1h", 3_600_000)]
        {
            assert_eq!(parse(text), Some(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "s", "2", "2 s", "-1s", "1.2.3s", "two s"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_is_as_exact_as_it_is_written() {
        let real = Duration::from_millis(8_020);
        for (text, want) in [("8s", true), ("8.0s", true), ("8.00s", false), ("8020ms", true), ("9s", false)]
        {
            assert_eq!(is_about(text, real), Some(want), "{text}");
        }
        assert_eq!(is_about("soon", real), None);
    }
}
