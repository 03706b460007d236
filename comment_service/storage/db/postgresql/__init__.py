"""What is for PostgreSQL alone: dumps and a streaming replica."""
