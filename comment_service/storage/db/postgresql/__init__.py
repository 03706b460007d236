"""What is for PostgreSQL alone: dumps."""
