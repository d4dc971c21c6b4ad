//! Where `assay inspect` writes: what can't be written is told and counts, and nothing but a file is ever replaced.

use crate::running::{Ended, assay, command, run, with};
use assay_testkit::fixtures;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;

#[track_caller]
fn inspect(output: &str, place: &Path) -> Ended {
    let picture = fixtures::media().join("png-rgb.png");
    run(
        with(command(&assay()), [OsStr::new("inspect"), OsStr::new("--json"), OsStr::new(output), place.as_os_str(), picture.as_os_str()]),
        b"",
    )
}

#[test]
fn a_picture_that_can_not_be_written_is_told_and_is_in_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let (grid, preview) = ("0000-png-rgb.png.grid.webp", "0000-png-rgb.png.preview.jpg");
    fs::create_dir(folder.path().join(grid)).unwrap();
    let ended = inspect("--thumbnails", folder.path());
    assert!(ended.code == 3 && ended.err.contains(&format!("{grid} was not written: ")), "{ended:?}");
    let record = ended.json().remove(0);
    for made in record["thumbnails"].as_array().unwrap() {
        assert_eq!(made["uri"].is_null(), made["name"] == "grid", "{made}");
    }
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, [grid, preview], "nothing of it is left");
}

#[test]
fn a_link_among_the_pictures_is_replaced_and_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (elsewhere, pictures) = (folder.path().join("elsewhere"), folder.path().join("pictures"));
    fs::create_dir(&pictures).unwrap();
    fs::write(&elsewhere, "of another").unwrap();
    let grid = pictures.join("0000-png-rgb.png.grid.webp");
    symlink(&elsewhere, &grid).unwrap();
    inspect("--thumbnails", &pictures).well();
    assert!(!grid.is_symlink() && grid.is_file());
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "of another");

    let (film, page) = (fixtures::media().join("mp4-h264-faststart.mp4"), folder.path().join("page.html"));
    let others = folder.path().join("others");
    fs::create_dir(&others).unwrap();
    symlink(&others, pictures.join("0000-mp4-h264-faststart.mp4.storyboard")).unwrap();
    let arguments = [OsStr::new("inspect"), OsStr::new("--html"), page.as_os_str(), OsStr::new("--thumbnails"), pictures.as_os_str()];
    let ended = run(with(with(command(&assay()), arguments), [film]), b"");
    assert!(ended.code == 3 && ended.err.matches(".storyboard/").count() == 2, "{ended:?}");
    assert_eq!(fs::read_dir(&others).unwrap().count(), 0, "a folder that is a link is none of ours");
}

#[test]
fn a_page_replaces_files_alone_and_of_a_link_what_it_leads_to() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    symlink(at("pipe"), at("to-pipe")).unwrap();
    symlink(at("nothing"), at("to-nothing")).unwrap();
    for (name, why) in [("pipe", "no regular file"), ("to-pipe", "no regular file"), ("to-nothing", "leads to no file")] {
        let ended = inspect("--html", &at(name));
        assert!(ended.code == 2 && ended.err.contains(why) && ended.out.is_empty(), "{name}: {ended:?}");
    }
    assert!(at("pipe").symlink_metadata().unwrap().file_type().is_fifo() && at("to-pipe").is_symlink() && !at("nothing").exists());
    fs::write(at("photo.jpg"), "of somebody").unwrap();
    let ended = inspect("--html", &at("photo.jpg"));
    assert!(ended.code == 2 && ended.err.contains("there is another file, and it would be lost"), "{ended:?}");
    assert_eq!(fs::read(at("photo.jpg")).unwrap(), b"of somebody");
    fs::write(at("page.html"), "").unwrap();
    inspect("--html", &at("page.html")).well();
    symlink(at("page.html"), at("latest.html")).unwrap();
    inspect("--html", &at("latest.html")).well();
    assert!(at("latest.html").is_symlink() && fs::read_to_string(at("page.html")).unwrap().contains("<article"));
}

#[test]
fn a_page_is_made_to_its_end_though_nobody_listens() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let pictures = ["png-rgb.png", "png-gray.png", "none.png"].map(|name| fixtures::media().join(name));
    let arguments = [OsStr::new("inspect"), OsStr::new("--html"), page.as_os_str()];
    let (unheard, writer) = std::io::pipe().unwrap();
    drop(unheard);
    let status = with(with(command(&assay()), arguments), pictures).stdout(writer).status().unwrap();
    assert_eq!((status.code(), fs::read_to_string(&page).unwrap().matches("<article").count()), (Some(1), 3));
}
