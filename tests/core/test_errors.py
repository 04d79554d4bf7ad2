from editgan.core import errors


def test_the_tree_is_as_drawn():
    assert issubclass(errors.InputError, ValueError)
    for error in (errors.PhotoError, errors.LabelError, errors.BundleError):
        assert issubclass(error, errors.InputError)
    assert issubclass(errors.NoSubjectError, errors.PhotoError)
    assert issubclass(errors.UnavailableError, errors.EditGANError)
    assert not issubclass(errors.UnavailableError, errors.InputError)
