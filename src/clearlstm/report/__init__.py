"""The page: what a report holds, one HTML file that works offline, and the page's own modules (``static``)."""
