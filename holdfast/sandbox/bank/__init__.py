"""What every bank is made of: its books, its gate, its webhooks, its hosted page, its faults."""
