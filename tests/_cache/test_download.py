import pytest

from rnn_tutorial._cache.download import fetch_wheel


def test_without_an_index_pip_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(OSError, match="No matching distribution found for holmes-hydro"):
        fetch_wheel("holmes-hydro==3.5.0", tmp_path)
