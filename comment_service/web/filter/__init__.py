"""Pages for a site's spam model: versions, training, activation, thresholds."""
