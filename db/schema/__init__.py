"""The tables as peewee models, by area; db/migrations/ holds the SQL that makes them."""
