"""The genesis artifacts: seeded at time zero, convenient, replaceable, privileged only in their published methods.

One module each, all of one shape: methods with typed arguments, an MCP-style interface made from the types, and a
handler that works on the caller's transaction.
"""
