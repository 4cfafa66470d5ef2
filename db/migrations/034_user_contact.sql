-- How people are reached who put questions to others: title and telephone of a user, as a query to a physician has them.
ALTER TABLE user ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE user ADD COLUMN phone TEXT NOT NULL DEFAULT '';
