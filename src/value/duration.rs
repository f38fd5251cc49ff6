use std::time::Duration;

/// A duration as specs write it, to three significant places: `250ms`, `1.2s`, `1m30s`, `2h5m`.
pub fn format_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0ms".to_owned();
    }
    if nanos < 1_000_000 {
        return format!("{}us", significant(nanos as f64 / 1e3));
    }
    if nanos < 1_000_000_000 {
        return format!("{}ms", significant(nanos as f64 / 1e6));
    }
    let seconds = duration.as_secs();
    if seconds < 60 {
        return format!("{}s", significant(duration.as_secs_f64()));
    }
    let (days, hours, minutes, rest) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    [(days, "d"), (hours, "h"), (minutes, "m"), (rest, "s")]
        .iter()
        .filter(|(amount, _)| *amount > 0)
        .take(2)
        .map(|(amount, unit)| format!("{amount}{unit}"))
        .collect()
}

/// A number of bytes for people: `512B`, `1.5KiB`, `2MiB`.
pub fn format_size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut amount = bytes as f64;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{}{}", significant(amount), UNITS[unit])
}

fn significant(value: f64) -> String {
    let places = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_read_as_specs_write_them() {
        let shown = |ms: f64| format_duration(Duration::from_secs_f64(ms / 1000.0));
        assert_eq!(shown(0.25), "250us");
        assert_eq!(shown(250.0), "250ms");
        assert_eq!(shown(1204.0), "1.2s");
        assert_eq!(shown(90_000.0), "1m30s");
        assert_eq!(shown(7_500_000.0), "2h5m");
        assert_eq!(format_size(1536), "1.5KiB");
        assert_eq!(format_size(100), "100B");
    }
}
