"""A phone on the screen, for demo and development. Nothing in it is faked: texts are really signed
and really posted, and a real endpoint verifies the events.
"""
