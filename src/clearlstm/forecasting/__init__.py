"""Forecasts that are never shown without the simple forecasts beside them."""
