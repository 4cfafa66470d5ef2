"""What codes rest on: documents of charts, earlier codes of a patient, notes and decisions on codes."""
