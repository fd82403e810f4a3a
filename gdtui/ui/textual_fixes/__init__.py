"""Every use of a private part of Textual, and every fault of it that is worked around.

One file a fix. Each says what goes wrong without it, where that was seen, what it was measured to
bring where that can be measured, and the issue upstream if there is one. For each,
`tests/test_textual_fixes.py` has a test with plain Textual that fails once Textual has no more need
of it: then the fix goes.
"""
