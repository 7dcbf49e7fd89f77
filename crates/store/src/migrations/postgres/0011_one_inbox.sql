-- What a unit had to notice is told to its people by the follower of notifications since 0008; nobody reads these.
DROP TABLE inbox_seen;
DROP TABLE inbox;
