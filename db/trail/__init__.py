"""The audit trail: its rows, its anchors, its proof, and what the privacy officer asks of it."""
