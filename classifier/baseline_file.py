"""What a baseline learnt, as a file of arrays: no pickle, whole or not there at all.

A file that cannot be read is as good as none: what it held is learnt again within seconds.
"""

import json
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

log = logging.getLogger(__name__)

KEPT = 3  # files; each of some megabytes, and after an upgrade nobody asks for the old ones


def save(
    path: Path, vectorizers: Sequence[TfidfVectorizer], models: Mapping[str, LogisticRegression]
) -> None:
    """A folder that cannot be written costs the next process some seconds, and nothing else."""
    arrays: dict[str, np.ndarray] = {}
    for at, vectorizer in enumerate(vectorizers):
        terms = {term: int(place) for term, place in vectorizer.vocabulary_.items()}
        arrays[f"terms {at}"] = np.frombuffer(json.dumps(terms).encode(), dtype=np.uint8)
        arrays[f"idf {at}"] = vectorizer.idf_
    for question, model in models.items():
        arrays[f"classes {question}"] = np.array(model.classes_, dtype=np.str_)
        arrays[f"coef {question}"] = model.coef_
        arrays[f"intercept {question}"] = model.intercept_
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Under a hidden name first: a process that starts meanwhile sees all of it or nothing.
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=".baseline-", delete=False
        ) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, path)
        _forget_all_but(KEPT, path.parent)
    except OSError as exc:
        log.warning("What the baseline learnt could not be kept in %s: %s.", path.parent, exc)


def load(
    path: Path, vectorizers: Sequence[TfidfVectorizer], models: Mapping[str, LogisticRegression]
) -> bool:
    """Fits them by what the file holds; False, and nothing is fitted, where it holds nothing."""
    try:
        # Opened here: numpy leaves a file open that it cannot make sense of.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            terms = [json.loads(arrays[f"terms {at}"].tobytes()) for at in range(len(vectorizers))]
            idfs = [arrays[f"idf {at}"] for at in range(len(vectorizers))]
            linear = {
                name: [arrays[f"{part} {name}"] for part in ("classes", "coef", "intercept")]
                for name in models
            }
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, BadZipFile, EOFError) as exc:
        log.warning("%s cannot be read (%s): learning anew.", path.name, type(exc).__name__)
        return False
    for vectorizer, known, idf in zip(vectorizers, terms, idfs, strict=True):
        vectorizer.vocabulary_, vectorizer.idf_ = known, idf
    for name, model in models.items():
        model.classes_, model.coef_, model.intercept_ = linear[name]
        model.n_features_in_ = model.coef_.shape[1]
    return True


def _forget_all_but(number: int, folder: Path) -> None:
    kept = sorted(folder.glob("baseline-*.npz"), key=lambda path: path.stat().st_mtime)
    for path in kept[:-number]:
        with suppress(FileNotFoundError):  # another process tidies, too
            path.unlink()
