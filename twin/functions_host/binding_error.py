"""What a binding raises that fails its invocation."""


class BindingError(Exception):
    """A binding could not be filled or written. The message names it."""
