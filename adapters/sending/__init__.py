"""Sending notifications: webhooks and SMTP, with all that has to be known at the moment of sending."""
