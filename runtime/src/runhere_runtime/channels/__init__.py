"""Between a kernel's ZMQ sockets and the browsers: one drain per kernel, and the subprotocols."""
