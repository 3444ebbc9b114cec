"""The only room that imports a driver: runs plans on DuckDB."""
