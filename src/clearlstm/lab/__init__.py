"""The browser lab: a server on this machine that hands out the page of :mod:`clearlstm.report` and runs its jobs."""
