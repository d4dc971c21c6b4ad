//! Records, data rows, tasks, integrations and the shelf of thumbnails, written so that doing it twice is the same as once.

mod claims;
mod current;
mod error;
mod integrations;
mod known;
mod page;
mod records;
mod reopen;
mod rows;
mod schema;
mod shelf;
mod sql;
mod store;
mod tasks;
mod waiting;
mod whole_file;

pub use claims::{Claim, Claimed};
pub use error::StoreError;
pub use page::{Cursor, InvalidCursor, MAX_PAGE, Page};
pub use records::Stored;
pub use rows::{Enqueued, RowProgress, RowState};
pub use schema::Applied;
pub use shelf::{InvalidPlace, OpenedShelf, Part, Place, Shelf, ShelfError, ShelfKeys, ShelfOptions, ShelfUri, open_shelf};
pub use store::Store;
pub use tasks::{NewTask, RowCounts, Task, TaskProgress, TaskState};
pub use waiting::Waiting;
pub use whole_file::WholeFile;
