"""Every use of a private part of Textual, one file a fix."""
