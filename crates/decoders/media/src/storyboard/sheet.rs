//! Tiles laid side by side, in a grid as near to a square as their number allows.

use assay_contract::exchange::Refusal;
use assay_contract::storyboard::Tile;
use assay_kit::{Picture, Pixels};

const BYTES: usize = Pixels::Rgb8.bytes();

/// One picture of many, row by row, and where each lies. All tiles are as large as the largest picture; a smaller one stands in the
/// middle of black.
pub(super) fn laid<'p>(pictures: impl ExactSizeIterator<Item = &'p Picture> + Clone) -> Result<(Picture, Vec<Tile>), Refusal> {
    let width = pictures.clone().map(Picture::width).max().unwrap_or(1);
    let height = pictures.clone().map(Picture::height).max().unwrap_or(1);
    let count = u32::try_from(pictures.len()).unwrap_or(u32::MAX);
    let columns = (1..=count).find(|columns| columns.saturating_mul(*columns) >= count).unwrap_or(1);
    let (sheet_width, sheet_height) = (columns * width, count.div_ceil(columns) * height);
    let mut bytes = vec![0; sheet_width as usize * sheet_height as usize * BYTES];
    let mut tiles = Vec::with_capacity(pictures.len());
    for (n, picture) in (0..count).zip(pictures) {
        let tile = Tile { x: n % columns * width, y: n / columns * height, width, height };
        let (left, top) = (tile.x + (width - picture.width()) / 2, tile.y + (height - picture.height()) / 2);
        let row_bytes = picture.width() as usize * BYTES;
        for (row, line) in picture.bytes().chunks_exact(row_bytes).enumerate() {
            let at = ((top as usize + row) * sheet_width as usize + left as usize) * BYTES;
            if let Some(onto) = bytes.get_mut(at..at + row_bytes) {
                onto.copy_from_slice(line);
            }
        }
        tiles.push(tile);
    }
    Ok((Picture::new(sheet_width, sheet_height, Pixels::Rgb8, bytes)?, tiles))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(width: u32, height: u32, value: u8) -> Picture {
        Picture::new(width, height, Pixels::Rgb8, vec![value; (width * height) as usize * BYTES]).unwrap()
    }

    fn rows(picture: &Picture) -> Vec<Vec<u8>> {
        picture.bytes().chunks(picture.width() as usize * BYTES).map(|row| row.iter().step_by(BYTES).copied().collect()).collect()
    }

    #[test]
    fn tiles_are_laid_row_by_row_and_each_is_where_it_is_said_to_be() {
        let pictures: Vec<Picture> = (1..=5).map(|value| plain(2, 1, value)).collect();
        let (sheet, tiles) = laid(pictures.iter()).unwrap();
        assert_eq!(rows(&sheet), [[1, 1, 2, 2, 3, 3], [4, 4, 5, 5, 0, 0]]);
        assert_eq!(tiles[4], Tile { x: 2, y: 1, width: 2, height: 1 });
    }

    #[test]
    fn a_smaller_picture_stands_in_the_middle_of_its_tile() {
        let (sheet, tiles) = laid([plain(1, 3, 7), plain(3, 1, 9)].iter()).unwrap();
        assert_eq!(rows(&sheet), [[0, 7, 0, 0, 0, 0], [0, 7, 0, 9, 9, 9], [0, 7, 0, 0, 0, 0]]);
        assert!(tiles.iter().all(|tile| (tile.width, tile.height) == (3, 3)));
    }

    #[test]
    fn the_grid_has_no_more_columns_than_it_needs() {
        for (count, size) in [(1, (1, 1)), (2, (2, 1)), (4, (2, 2)), (12, (4, 3)), (99, (10, 10)), (100, (10, 10))] {
            let pictures = vec![plain(1, 1, 1); count];
            let (sheet, _) = laid(pictures.iter()).unwrap();
            assert_eq!((sheet.width(), sheet.height()), size, "{count}");
        }
    }
}
