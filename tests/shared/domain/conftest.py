"""A hypothesis profile for mutation runs, where each mutant meets the same few examples and nothing is shrunk."""

from hypothesis import Phase, settings

settings.register_profile(
    "mutation",
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
)
