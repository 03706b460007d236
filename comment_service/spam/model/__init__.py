"""The trained model: its arrays, its scores, its explanations, its thresholds."""
