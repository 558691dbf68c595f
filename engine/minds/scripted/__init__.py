"""Minds that follow rules: one strategy in a file, each short enough to read, copy and change.

All are pure: the same observation, memory and draws give the same decision. Memory is plain data and is handed back as
it came when there is nothing new to remember, which saves a write.
"""
