"""Every exception that the package raises on purpose.

A message says what was found, what was expected and what to do. The command line turns any of
these into one line and exit code 1.
"""


class Panic3dError(Exception):
    """Base of all errors raised on purpose; catch this one to catch them all."""


class ShapeError(Panic3dError):
    """A tensor has the wrong shape or dtype, or lives on the wrong device."""


class ConfigError(Panic3dError):
    """A configuration has an unknown key or a value outside its range."""


class WeightsError(Panic3dError):
    """A weight file is missing, cut short, foreign, or does not fit its network."""


class UnsafePickleError(WeightsError):
    """A pickle asks for something outside the allow-list; nothing of it was run."""


class PictureError(Panic3dError):
    """A picture cannot be read, or is not what the command needs."""


class MeshError(Panic3dError):
    """A mesh or volume has no usable surface."""


class DownloadError(Panic3dError):
    """A file could not be fetched, or is not the file that was promised."""


class MissingDependencyError(Panic3dError):
    """An optional package is needed and not installed."""
