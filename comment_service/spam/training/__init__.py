"""Training: fit, calibrate, choose thresholds, compare with the active model."""
