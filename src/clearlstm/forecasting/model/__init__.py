"""The net that corrects a simple forecast: what it is shown, what it is asked, and the simple forecasts themselves."""
