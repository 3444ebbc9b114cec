"""The chapters of the story, each done over HTTP and written into the robots' book."""
