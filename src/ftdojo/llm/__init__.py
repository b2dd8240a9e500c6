"""Language models that agents ask: one small chat interface, priced, recorded, replayable; keys stay here."""
