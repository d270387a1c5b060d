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


class TrainingError(Panic3dError):
    """A network cannot go on learning as it is told to."""


class ModelError(Panic3dError):
    """A VRM or glTF model cannot be read, posed or drawn; each class of fault has its own error."""

    code = "model"
    """The fault's name in machine-readable logs."""


class NotGltfError(ModelError):
    """The file is neither a GLB nor a glTF JSON, or of another version than 2."""

    code = "not-gltf"


class NoVrmError(ModelError):
    """The glTF file has no VRM extension."""

    code = "no-vrm"


class ExternalBufferError(ModelError):
    """A buffer or picture lies outside the file where it may not be, or is missing."""

    code = "external-buffer"


class DecodeError(ModelError):
    """The file contradicts itself or is cut short."""

    code = "decode"


class UnsupportedExtensionError(ModelError):
    """The file needs an extension that is not read here."""

    code = "unsupported-extension"


class ModelSizeError(ModelError):
    """The file asks for more memory than an honest model needs."""

    code = "too-large"


class NotTrianglesError(ModelError):
    """A primitive is made of points or lines."""

    code = "not-triangles"


class MissingWeightsError(ModelError):
    """A skinned primitive lacks joints or weights."""

    code = "missing-weights"


class NoSkinError(ModelError):
    """No part of the model follows its bones."""

    code = "no-skin"


class MissingBoneError(ModelError):
    """The humanoid lacks a bone that is needed."""

    code = "missing-bone"


class NotFiniteError(ModelError):
    """Positions or transforms are not finite numbers."""

    code = "not-finite"


class HeadOutsideError(ModelError):
    """The head bone lies outside the model's own bounds."""

    code = "head-outside"


class ModelScaleError(ModelError):
    """The model is far larger or smaller than a person."""

    code = "absurd-size"


class EmptyViewError(ModelError):
    """The head fills far too little or too much of its front view."""

    code = "empty-view"


class ExpressionError(ModelError):
    """The model has no such expression."""

    code = "no-expression"


class RenderError(Panic3dError):
    """OpenGL is missing or failed."""


class DownloadError(Panic3dError):
    """A file could not be fetched, or is not the file that was promised."""


class MissingDependencyError(Panic3dError):
    """An optional package is needed and not installed."""


class CharacterError(Panic3dError):
    """A character cannot be made of what it is to be made of."""


class DatasetError(Panic3dError):
    """A data set's folder lacks what it must have, or its files contradict themselves."""
