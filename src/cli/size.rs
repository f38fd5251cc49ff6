/// A number of bytes, as in specs: `500KB` (of 1000), `10MiB` (of 1024).
///
/// # Errors
/// It isn't one: what clap shows.
pub fn size(text: &str) -> Result<u64, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let how = || "write it as in `500KB`, `10MB` or `1GiB`".to_owned();
    let bytes: u64 = match unit {
        "" | "B" => 1,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(how()),
    };
    let number: u64 = number.parse().map_err(|_| how())?;
    number.checked_mul(bytes).ok_or_else(|| "it is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_units() {
        let read = |text| size(text).ok();
        assert_eq!([read("512"), read("10KB"), read("1GiB")], [Some(512), Some(10_000), Some(1 << 30)]);
        for wrong in ["", "MB", "1 MB", "1mb", "-1", "1.5MB", "99999999999GB"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
