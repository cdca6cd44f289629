"""What is true: facts and rules, pure functions of their input. Start with `docs/architecture.md`."""
