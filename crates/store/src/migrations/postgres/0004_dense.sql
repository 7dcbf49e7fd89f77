-- The hash of the event before in the same stream is read there. The order and the texts lie as they did: an order
-- that is given with the commit is what several processes at once cannot have.
ALTER TABLE event DROP COLUMN prev;
