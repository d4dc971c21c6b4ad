//! The demo's table: one line a record.

use serde_json::Value;

/// Prints every record that is no failure.
pub(crate) fn print(records: &[Value]) {
    println!(
        "  {:<26} {:<6} {:>11}  {:<9} {:>8}  {:<10} {:>6} {:>9}",
        "asset", "kind", "size", "codec", "duration", "thumbnail", "ms", "bytes"
    );
    for record in records.iter().filter(|record| record["status"] != "failed") {
        let attributes = &record["media_attributes"];
        let size = match (attributes["width"].as_u64(), attributes["height"].as_u64()) {
            (Some(width), Some(height)) => format!("{width} × {height}"),
            _ => attributes["sample_rate"].as_u64().map_or_else(String::new, |hz| format!("{hz} Hz")),
        };
        let thumbnail = record["thumbnails"].as_array().and_then(|all| all.iter().find(|one| one["name"] == "grid"));
        let shown = thumbnail.map_or_else(|| "none".to_owned(), |one| format!("{} × {}", one["width"], one["height"]));
        let mark = if record["status"] == "partial" { "~" } else { " " };
        println!(
            "{mark} {:<26} {:<6} {size:>11}  {:<9} {:>8}  {shown:<10} {:>6} {:>9}",
            text(&record["global_key"]),
            text(&record["details"]["kind"]),
            record["details"]["codec_name"].as_str().or(record["details"]["format"].as_str()).unwrap_or_default(),
            attributes["duration"].as_f64().map_or_else(String::new, |seconds| format!("{seconds:.2} s")),
            record["cost"]["fetch_ms"].as_u64().unwrap_or(0) + record["cost"]["decode_ms"].as_u64().unwrap_or(0),
            record["asset"]["content_length"].as_u64().unwrap_or(0),
        );
    }
    let spilled = records.iter().filter(|record| record["erasure"]["spool"] == "encrypted-file").count();
    let partial = records.iter().filter(|record| record["status"] == "partial").count();
    println!(
        "\n  {} records; {spilled} assets took the encrypted temporary file, the others stayed in memory; {partial} partial",
        records.len()
    );
}

/// Prints what the owners of failed rows are told.
pub(crate) fn print_failures(records: &[Value]) {
    for record in records.iter().filter(|record| record["status"] == "failed") {
        println!("  {}  {}\n    {}\n", text(&record["global_key"]), text(&record["failure"]["code"]), text(&record["failure"]["message"]));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
