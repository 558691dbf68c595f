"""The door through a wall: a live run answers on a local socket, and other processes steer it as the console does."""
