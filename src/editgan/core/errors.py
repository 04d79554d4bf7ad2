"""What can go wrong, as a tree.

    EditGANError
        InputError        something a person gave us: a file, a number, a name (also a ValueError)
            PhotoError    the picture cannot be read or used
                NoSubjectError    no face (cat, ...) was found in it
            LabelError    a label map or schema does not fit
            BundleError   a bundle is missing, damaged, or made for another version
            CheckpointError   somebody else's checkpoint cannot be read or used
        UnavailableError  something optional is not here: weights, a package, a network

Each message is one sentence: what was wanted, what came, what to do.
The command line prints it and exits with code 2.
"""


class EditGANError(Exception):
    """Everything this package raises on purpose."""


class InputError(EditGANError, ValueError):
    """A person gave something that cannot be used."""


class PhotoError(InputError):
    """The picture cannot be read or used."""


class NoSubjectError(PhotoError):
    """Nothing of the bundle's class was found in the picture."""


class LabelError(InputError):
    """A label map or a schema does not fit."""


class BundleError(InputError):
    """A bundle is missing, damaged, or made for another version."""


class CheckpointError(InputError):
    """Somebody else's checkpoint cannot be read or used."""


class UnavailableError(EditGANError):
    """Something optional is not here."""
