//! The contact sheet: one self-contained page with every thumbnail and its key facts.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const HEAD: &str = "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
<title>Assay: contact sheet</title><style>\
:root{color-scheme:light dark;--line:#8883}body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:1200px;padding:0 1rem}\
h1{font-size:1.4rem;margin:0}p{margin:.2rem 0 1.5rem;opacity:.75}main{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:14px}\
article{border:1px solid var(--line);border-radius:10px;overflow:hidden}figure{margin:0;height:150px;display:grid;place-items:center;background:#8881}\
img{max-width:100%;max-height:150px}div{padding:.6rem .7rem .8rem}b{display:block;overflow-wrap:anywhere;font-weight:600}\
small{display:block;opacity:.75}em{font-style:normal;font-size:2rem;opacity:.5}.failed{border-color:#d33}.partial{border-color:#d90}</style>";

/// Writes the page; where it lies.
pub(crate) fn write(records: &[Value], out: &Path) -> Result<PathBuf> {
    let mut page = String::from(HEAD);
    write!(
        page,
        "<h1>Assay · contact sheet</h1><p>{} records, made from a customer's bucket behind a role. The assets themselves are gone.</p><main>",
        records.len()
    )?;
    for record in records {
        card(&mut page, record)?;
    }
    page.push_str("</main></html>\n");
    let path = out.join("contact-sheet.html");
    std::fs::write(&path, page)?;
    Ok(path)
}

fn card(page: &mut String, record: &Value) -> Result<()> {
    let status = record["status"].as_str().unwrap_or_default();
    write!(page, "<article class={}><figure>", escaped(status))?;
    match picture(record) {
        Some((mime_type, bytes)) => write!(page, "<img alt='' src='data:{};base64,{}'>", escaped(&mime_type), STANDARD.encode(bytes))?,
        None => page.push_str("<em>–</em>"),
    }
    write!(page, "</figure><div><b>{}</b>", escaped(record["global_key"].as_str().unwrap_or_default()))?;
    for fact in facts(record) {
        write!(page, "<small>{}</small>", escaped(&fact))?;
    }
    page.push_str("</div></article>");
    Ok(())
}

fn picture(record: &Value) -> Option<(String, Vec<u8>)> {
    let grid = record["thumbnails"].as_array()?.iter().find(|one| one["name"] == "grid")?;
    let path = grid["uri"].as_str()?.strip_prefix("file://")?;
    Some((grid["mime_type"].as_str()?.to_owned(), std::fs::read(path).ok()?))
}

fn facts(record: &Value) -> Vec<String> {
    if let Some(code) = record["failure"]["code"].as_str() {
        return vec![code.to_owned(), record["failure"]["message"].as_str().unwrap_or_default().to_owned()];
    }
    let attributes = &record["media_attributes"];
    let mut facts = vec![attributes["mime_type"].as_str().unwrap_or_default().to_owned()];
    if let (Some(width), Some(height)) = (attributes["width"].as_u64(), attributes["height"].as_u64()) {
        facts.push(format!("{width} × {height}"));
    }
    if let Some(codec) = attributes["codec"].as_str() {
        let duration = attributes["duration"].as_f64().map(|seconds| format!(" · {seconds:.2} s")).unwrap_or_default();
        facts.push(format!("{codec}{duration}"));
    }
    facts
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;").replace('"', "&quot;")
}
