"""A test that several modules have: what does not fit is refused, by the name of an argument."""

import pytest


def refuses(*cases):
    """Make a test of cases, each the name of an argument and a call that has it wrong; it names all that are taken."""

    def test():
        taken = []
        for number, (argument, call) in enumerate(cases):
            try:
                call()
                taken.append(f"{number}, `{argument}`: nothing was raised")
            except ValueError as error:
                if not str(error).startswith(f"`{argument}`: expected"):
                    taken.append(f"{number}, `{argument}`: {error}")
        if taken:
            pytest.fail("\n".join(taken))

    return test
