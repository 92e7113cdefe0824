"""Search, training and what one is worth in the other: models of the chapter on self-play bootstrapping."""
