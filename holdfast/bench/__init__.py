"""Measures a shop of its own over HTTP, and beside it its database one by one.

Every part fills a fresh copy of the same database, lets pgbench (the references) and wrk (Holdfast)
run in turns, checks that the answers were good ones and that the database has what was answered,
and proves the books.
"""
