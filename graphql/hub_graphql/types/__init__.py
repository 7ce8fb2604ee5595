"""Which shapes does the API answer with? One module per concept."""
