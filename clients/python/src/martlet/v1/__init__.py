"""The messages and stubs of martlet.v1, generated from proto/martlet/v1."""
