"""What arrives from elsewhere: messages held and applied, imports and their refused rows."""
