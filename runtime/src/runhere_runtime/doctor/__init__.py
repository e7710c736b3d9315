"""`runhere-runtime doctor [URL]`: says from the runtime's side what the page's dialog says from the browser's.

look.py asks (sockets, HTTP, programs) and gives facts; rules.py turns facts into findings, each with what to do.
Nothing is changed.
"""
