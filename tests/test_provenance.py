from rnn_tutorial.provenance import shared_provenance


class Told:
    def __init__(self, **facts):
        self.provenance = lambda: facts


def test_several_runs_share_what_they_agree_in():
    runs = {"a": Told(optimizer="clipped_adam", seed="1"), "b": Told(optimizer="clipped_adam", seed="9")}
    assert shared_provenance(runs) == {"optimizer": "clipped_adam", "seed": "a: 1; b: 9"}
    assert shared_provenance({"a": Told(seed="1")}) == {"seed": "1"}
