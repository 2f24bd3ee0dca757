"""What photos show, in words: the user's labels, what taggers predict, and what is made of both. Knows no torch."""
