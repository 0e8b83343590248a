"""What determined the recorded runs, compared with what would determine them today."""

from rnn_tutorial.experiments.plans import EXPERIMENTS
from rnn_tutorial.experiments.results import FOLDER, read_runs

RECORDED = sorted(file.stem for file in FOLDER.glob("*.jsonl"))


def check_facts(file, reviews):
    """Compare what determined each recorded run with what would determine it today, on whatever machine."""
    settings, today = EXPERIMENTS[file.partition("-")[0]].settings, {}
    for run in read_runs(FOLDER / f"{file}.jsonl"):
        if (key := (run.setting, run.seed)) not in today:
            today[key] = settings[run.setting].facts(run.seed, reviews)
        then, now = (
            {name: fact for name, fact in facts.items() if name not in ("cpu_kernels", "machine", "devices")}
            | {"versions": facts["versions"] | {"Python": ""}}
            for facts in (run.facts, today[key])
        )
        assert then == now, f"{run.setting}, seed {run.seed}: delete its line in {file}.jsonl, and run it again"


def different(one, other):
    assert one.keys() == other.keys()
    return {name for name in one if one[name] != other[name]}
