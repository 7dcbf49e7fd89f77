-- How the rows of a saved view stand: what they are put together by and how close, as the page writes it. Views from
-- before say nothing of it.
ALTER TABLE saved_view ADD COLUMN layout TEXT COLLATE "C";
