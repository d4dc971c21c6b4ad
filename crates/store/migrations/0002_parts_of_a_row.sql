-- How many records end a row: its own asset's and one of each attachment; unknown of rows that are older.
ALTER TABLE data_rows ADD COLUMN parts BIGINT;
