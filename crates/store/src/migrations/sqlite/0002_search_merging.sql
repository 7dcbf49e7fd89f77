-- Merging the segments of the search index is the largest part of what intake costs: each commit adds one. More
-- of them may stand side by side before they are merged; a search reads them all, which it does not notice.
INSERT INTO case_text (case_text, rank) VALUES ('automerge', 16);
INSERT INTO case_text (case_text, rank) VALUES ('crisismerge', 64);
