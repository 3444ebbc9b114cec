"""The field half's memory: tables, the hash-chained log, and query functions by noun."""
