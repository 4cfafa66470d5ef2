"""Census, day summary, figures of a period and indices of discharges."""
