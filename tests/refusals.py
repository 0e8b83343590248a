"""A test that several modules have: what does not fit is refused, by the name of an argument."""

import pytest


def refuses(*cases):
    """Make a test of cases, each the name of an argument and a call that has it wrong."""

    @pytest.mark.parametrize(("argument", "call"), cases)
    def test(argument, call):
        with pytest.raises(ValueError, match=f"^`{argument}`: expected"):
            call()

    return test
