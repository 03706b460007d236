"""Health and metrics for the server's operator."""
