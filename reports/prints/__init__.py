"""What is printed for one chart, on a page or on stock of its own."""
