"""The rows of the table, by who sets them: every flow, the two that handle evidence, one flow."""
