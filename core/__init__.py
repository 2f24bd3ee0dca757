"""The Recollect library: finds any photo by describing it.

Works without a window and without Qt installed. `core.library.Library` is the face that the window and the
command line talk to; nothing else in here is meant for them.
"""
