"""How many answers become one label, with a probability: votes, methods, the trials between them,
agreement. Pure; labelgame/consensus.py is the door.
"""
