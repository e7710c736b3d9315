"""`runhere-runtime ssh DEST`: a runtime on another machine, through the system's own OpenSSH (ADR 12, 29, 49).

    command.py    what was asked for -> the words of the ssh command; what ssh said -> an error. Pure.
    remote.py     the program that runs over there: looks, installs, starts, waits. Standard library only, sent over
    the connection.
    payload.py    our own packages as one archive, for a machine that lacks them
    events.py     what the far program says, as values. Pure
    talk.py       one connection: what the far program says, line by line, and what we answer
    door.py       what a browser here meets at the forwarded port
    forward.py    keeps the connection: starts it, tells the person, comes back after a cut

One ssh process carries everything, so a person proves who they are once: the forwarded port, and on standard input
and output
the conversation with the far program. When the process ends, nothing of ours is left on this machine.
"""
