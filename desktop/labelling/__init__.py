"""Where labels are looked after: attributes and their values, files of labels, the words of guesses, and the page on
which proposals are accepted or refused. How one labels a photo that one looks at is `desktop.tagging`.
"""
