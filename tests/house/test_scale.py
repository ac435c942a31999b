"""The tables of docs/scale.md are what the model reckons from the costs and assumptions that are kept beside it."""

from benchmarks import scale_model


def test_the_page_has_the_models_tables() -> None:
    page = scale_model.PAGE.read_text()
    assert scale_model.filled(page) == page, "run: python benchmarks/scale_model.py --write"


def test_a_site_of_twice_the_size_needs_twice_as_much() -> None:
    one, two = scale_model.Site(1_000_000), scale_model.Site(2_000_000)
    for what in ("contacts", "texts", "web", "worker", "stored", "passing", "log", "files"):
        assert round(getattr(two, what) / getattr(one, what), 6) == 2, what


def test_numbers_are_told_with_two_digits() -> None:
    assert [scale_model.count(n) for n in (0.0123, 4.25, 1234, 5_678_000, 2e10)] == [
        "0.012", "4.2", "1,200", "5.7 million", "20 billion",
    ]  # fmt: skip
    assert [scale_model.size(n) for n in (12, 1500, 7.5e11, 5.7e12)] == ["12 B", "1.5 kB", "750 GB", "5.7 TB"]
