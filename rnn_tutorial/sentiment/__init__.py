"""Film reviews: from text to batches, models in Keras, their training and evaluation."""
