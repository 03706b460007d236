"""What the model reads: submissions, labelled examples, tokens, hashed columns, evidence."""
