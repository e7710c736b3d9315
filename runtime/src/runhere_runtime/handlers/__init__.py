"""Thin Tornado handlers under /api/runhere/, /.well-known/runhere and /. Registered by server_extension."""
