//! A place on the shelf: begins with the organisation and follows from the job alone.

use assay_contract::{JobId, OrganizationId};

/// Which part of a job something was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The row's own asset.
    Asset,
    /// An attachment, by its place in the job.
    Attachment(u32),
}

impl From<Option<u32>> for Part {
    fn from(attachment: Option<u32>) -> Self {
        attachment.map_or(Self::Asset, Self::Attachment)
    }
}

/// `ORGANISATION/thumbnails/JOB/NAME.EXT`, or `…/JOB/attachment-N/NAME.EXT`; `derivatives` likewise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

/// A name that can't stand in a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {0} is no name for the shelf: 1 to 64 of a-z A-Z 0-9 - _ are allowed")]
pub struct InvalidPlace(&'static str);

impl Place {
    /// Of a thumbnail. `name` as in the profile, `extension` without its dot.
    pub fn thumbnail(organization: &OrganizationId, job: &JobId, part: Part, name: &str, extension: &str) -> Result<Self, InvalidPlace> {
        Self::new(organization, "thumbnails", job, part, name, extension)
    }

    /// Of another derivative.
    pub fn derivative(organization: &OrganizationId, job: &JobId, part: Part, name: &str, extension: &str) -> Result<Self, InvalidPlace> {
        Self::new(organization, "derivatives", job, part, name, extension)
    }

    /// Below the shelf's root, without a slash at either end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The two folders that hold everything of a job.
    pub(crate) fn folders(organization: &OrganizationId, job: &JobId) -> [String; 2] {
        ["thumbnails", "derivatives"].map(|kind| format!("{organization}/{kind}/{job}"))
    }

    /// The two folders in which the things of one part lie, those of attachments aside.
    pub(crate) fn folders_of(organization: &OrganizationId, job: &JobId, part: Part) -> [String; 2] {
        Self::folders(organization, job).map(|folder| match part {
            Part::Asset => folder,
            Part::Attachment(index) => format!("{folder}/attachment-{index}"),
        })
    }

    fn new(organization: &OrganizationId, kind: &str, job: &JobId, part: Part, name: &str, extension: &str) -> Result<Self, InvalidPlace> {
        named("name", name)?;
        named("extension", extension)?;
        Ok(Self(match part {
            Part::Asset => format!("{organization}/{kind}/{job}/{name}.{extension}"),
            Part::Attachment(index) => format!("{organization}/{kind}/{job}/attachment-{index}/{name}.{extension}"),
        }))
    }
}

fn named(what: &'static str, text: &str) -> Result<(), InvalidPlace> {
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if fits { Ok(()) } else { Err(InvalidPlace(what)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_not_leave_its_folder() {
        let (organization, job) = ("org_acme".parse().unwrap(), "j1".parse().unwrap());
        for bad in ["", "..", "a/b", "a.b", "é", &"a".repeat(65)] {
            assert_eq!(Place::thumbnail(&organization, &job, Part::Asset, bad, "webp"), Err(InvalidPlace("name")), "{bad:?}");
        }
    }

    #[test]
    fn an_attachment_has_a_place_of_its_own() {
        let (organization, job) = ("org_acme".parse().unwrap(), "j1".parse().unwrap());
        let own = Place::thumbnail(&organization, &job, Part::Asset, "grid", "webp").unwrap();
        let other = Place::thumbnail(&organization, &job, Part::Attachment(3), "grid", "webp").unwrap();
        assert_eq!(own.as_str(), "org_acme/thumbnails/j1/grid.webp");
        assert_eq!(other.as_str(), "org_acme/thumbnails/j1/attachment-3/grid.webp");
    }
}
