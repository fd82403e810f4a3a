"""Lessons: cards of text with tasks that check themselves, each lesson a Markdown file."""
