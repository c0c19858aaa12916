"""The browser lab: so far, the report that ``clearlstm forecast`` writes."""
