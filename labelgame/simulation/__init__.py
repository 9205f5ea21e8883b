"""Simulated people play the real game, to show what its rules are worth.

people.py says what each kind of player would answer; crowd.py lets them play; judging.py holds what
came of it against the truth, which the simulation alone knows. loop.py goes all the way round:
texts, answers, labels, trainings, the gate. All of it is played in an installation of its own, in a
folder that is thrown away (throwaway.py): never in the one that the command is called in.
"""
