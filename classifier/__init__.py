"""Text -> reading: taxonomy, dataset, training, model versions, and the reader that serves them."""
