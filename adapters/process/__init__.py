"""The process around a flow: health port, pulse, watchdog, children."""
