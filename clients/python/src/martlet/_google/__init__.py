"""The details of errors, generated from proto/google/rpc."""
