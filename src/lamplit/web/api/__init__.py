"""The JSON API, one module for each noun; `lamplit.web.app` gathers their routers."""
