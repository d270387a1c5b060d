"""What is worn on the head, one file a subject; `design.py` chooses and makes."""
