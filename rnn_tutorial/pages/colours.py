"""Colours of models and symbols, shared by figures, equations and diagrams.

Nothing is imported here, so that the site can read the colours without loading Matplotlib.
"""

__all__ = ["COLOURS", "SYMBOL_COLOURS"]

#: One colour per model, from Okabe and Ito's palette (which colour-blind readers can tell apart), darkened to a
#: contrast of at least 3 with white.
COLOURS = {
    "bag_of_words": "#c05000",
    "feed_forward": "#007aa8",
    "simple_rnn": "#008060",
    "lstm": "#a84a7c",
    "gru": "#6b5bb5",
    "ngram_lstm": "#8a6d00",
}

#: One colour per symbol for light pages and one for dark pages, each with a contrast of at least 4.5 with the page,
#: because it colours text. A GRU's update gate has the colour of the forget gate: both decide how much of the state
#: stays.
SYMBOL_COLOURS = {
    "x": ("#0072b2", "#56b4e9"),
    "h": ("#117733", "#5fce8a"),
    "y": ("#b84800", "#ff9a5c"),
    "c": ("#882255", "#f08bbb"),
    "i": ("#6b6b00", "#d6cf4e"),
    "f": ("#332288", "#a99cff"),
    "candidate": ("#9b4a9b", "#e3a3e3"),
    "o": ("#7a4a2b", "#dba57f"),
    "z": ("#332288", "#a99cff"),
    "r": ("#0b7a75", "#4fd0c8"),
    "gradient": ("#c1121f", "#ff7b7b"),
}
