"""A real shop's year, played through the HTTP API of a running server.

The folder is a foreign party: it knows the shop only by its address and a staff key, as a merchant's
own import script would. Told in order: `journal.py` (what a file says), `read.py` (the file),
`stocking.py` (what to put on the shelves), `wire.py` (requests and answers), `send.py` (asking until
answered), `street.py` (the way to the shop), `play.py` (the replay itself), `outcomes.py` (what became of
each), `returns.py` and `bring_back.py` (what customers gave back) and `report.py` (what came of it).
"""
