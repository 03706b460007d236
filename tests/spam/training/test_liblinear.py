"""The SVM: scikit-learn's solver without scikit-learn's packages."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from comment_service.spam import Example, Recipe
from comment_service.spam.features.reading import read, to_matrix
from comment_service.spam.training import liblinear
from comment_service.spam.training.liblinear import MAX_ITERATIONS, TOLERANCE, fit_svm

ALONE = """
import sys
import numpy as np
from scipy.sparse import csr_matrix
from comment_service.spam.training.liblinear import fit_svm, load_alone
load_alone()
rows = csr_matrix(np.eye(4, 9, dtype=np.float32))
spam = np.array([True, False, True, False])
found, bias = fit_svm(rows, spam, np.ones(4), 1.0, 1)
heavy = {"sklearn", "scipy.stats", "scipy.optimize", "scipy.linalg"}
assert not heavy & set(sys.modules), "more than the solver"
from sklearn.svm import LinearSVC
known = LinearSVC(tol=1e-2, random_state=1, max_iter=2000).fit(rows, spam)
assert (known.coef_[0] == found).all() and known.intercept_[0] == bias
import scipy.linalg
assert (scipy.linalg.inv(np.eye(2)) == np.eye(2)).all()
"""


def fitted(
    examples: list[Example], recipe: Recipe, c: float, columns: int | None = None
) -> tuple[tuple[object, float], LinearSVC]:
    """Fit the same rows with both; with fewer columns than rows, scikit-learn solves the primal."""
    matrix = to_matrix([read(row.text, recipe).columns() for row in examples], recipe.bits)
    rows = (matrix * np.float32(0.1))[:, :columns].tocsr()
    spam = np.array([bool(row.spam) for row in examples])
    weight = np.linspace(0.25, 2.0, len(examples))
    known = LinearSVC(C=c, tol=TOLERANCE, random_state=5, max_iter=MAX_ITERATIONS)
    known.fit(rows, spam, sample_weight=weight)
    found, bias = fit_svm(rows, spam, weight, c, 5)
    return (found.tolist(), bias), known


@pytest.mark.parametrize("c", [0.1, 1.0])
@pytest.mark.parametrize("columns", [None, 100])
def test_fit_equals_linear_svc_to_the_bit(
    examples: list[Example], recipe: Recipe, c: float, columns: int | None
) -> None:
    (found, bias), known = fitted(examples, recipe, c, columns)
    assert found == known.coef_[0].tolist()
    assert bias == known.intercept_[0]


def test_the_pinned_scikit_learn_has_the_known_solver() -> None:
    assert liblinear._has_known_solver()


@pytest.mark.parametrize(
    ("name", "value"), [("_PARAMETERS", ["X"]), ("_MODULE", "sklearn.svm._no_such_module")]
)
def test_another_version_of_the_solver_is_used_through_linear_svc(
    examples: list[Example],
    recipe: Recipe,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: object,
) -> None:
    monkeypatch.setattr(liblinear, name, value)
    (found, bias), known = fitted(examples, recipe, 1.0)
    assert found == known.coef_[0].tolist()
    assert bias == known.intercept_[0]


def test_the_solver_prints_nothing(
    examples: list[Example], recipe: Recipe, capfd: pytest.CaptureFixture[str]
) -> None:
    fitted(examples, recipe, 1.0)
    assert capfd.readouterr().out == ""


def test_the_solver_loads_alone_and_scikit_learn_afterwards() -> None:
    subprocess.run([sys.executable, "-c", ALONE], check=True)


def test_a_process_that_has_scikit_learn_keeps_it() -> None:
    before = sys.modules["sklearn"]
    liblinear.load_alone()
    assert sys.modules["sklearn"] is before


def test_another_layout_of_scikit_learn_is_imported_as_a_whole() -> None:
    code = ALONE.replace(
        "load_alone()\nrows",
        "from comment_service.spam.training import liblinear\n"
        "liblinear._PACKAGES = ('sklearn',)\n"
        "load_alone()\nrows",
    )
    assert "_PACKAGES" in code
    code = "\n".join(line for line in code.split("\n") if "more than the solver" not in line)
    subprocess.run([sys.executable, "-c", code], check=True)
