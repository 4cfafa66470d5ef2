"""The hospital's rules as pure functions: everything comes in as an argument, values and findings go out."""
