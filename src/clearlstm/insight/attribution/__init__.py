"""How much each input at each step accounts for in an answer, or in a forecast, compared with a baseline."""
