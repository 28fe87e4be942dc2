"""Our own components: the trace view so far."""
