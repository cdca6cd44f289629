"""What all tests share."""

from hypothesis import settings

from cli.machine_code import keep_machine_code

keep_machine_code()

# The first call of a compiled loop takes as long as its compilation: no test is judged by its time.
settings.register_profile("faultline", deadline=None)
settings.load_profile("faultline")
