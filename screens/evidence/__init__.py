"""What codes rest on: documents, earlier encounters, notes of the facility."""
