-- Which units were ever responsible for a case was written here and never asked for: who must not verify is
-- decided from the events. A row for nearly every case, twice with its index.
DELETE FROM case_unit WHERE role = 3;
