"""Files and feeds in and out: each module reads or writes one format and calls db for the rest."""
