"""Who may come in: accounts, sessions, tokens, a directory; and how often they may try."""
