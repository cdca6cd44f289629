"""Whom to tell what, and when: one message for every change that matters."""
