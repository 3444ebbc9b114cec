"""The web room: parses requests, calls services, renders answers. It decides nothing."""
