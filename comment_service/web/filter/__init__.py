"""Pages for the spam model of a site: versions, training, promotion, thresholds."""
