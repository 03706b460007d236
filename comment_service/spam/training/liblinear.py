"""Fit a linear SVM with LIBLINEAR, as scikit-learn ships it.

Importing scikit-learn takes longer than fitting a site's model, and 75 MB, because its packages
import each other and SciPy's statistics. The solver is one extension module that needs none of
them, and of SciPy's linear algebra one other: a training's own process loads these alone
(:func:`load_alone`).
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

TOLERANCE, MAX_ITERATIONS = 1e-2, 2000
_MODULE = "sklearn.svm._liblinear"
#: Packages of which the solver needs single extension modules, and none of their own code.
_PACKAGES = ("sklearn", "sklearn.utils", "sklearn.svm", "scipy.linalg")
#: The solver's parameters, in order; it belongs to scikit-learn's inner parts and may change.
_PARAMETERS = [
    *("X", "Y", "is_sparse", "solver_type", "eps", "bias", "C"),
    *("class_weight", "max_iter", "random_seed", "epsilon", "sample_weight"),
]
#: LIBLINEAR's number for squared hinge loss and penalty, solved in the dual.
_L2_LOSS_DUAL = 1


def load_alone() -> None:
    """Load the solver without scikit-learn's packages, in a process that needs nothing else of it.

    Does nothing if one of the packages is loaded or this is another version's layout.
    """
    found = {name: find_spec(name) for name in ("scipy", "sklearn")}
    if any(name in sys.modules for name in _PACKAGES) or None in found.values():
        return
    for name in _PACKAGES:
        first, *inner = name.split(".")
        package = ModuleType(name)
        package.__path__ = [str(Path(place, *inner)) for place in _folders(found[first])]
        sys.modules[name] = package
    try:
        import_module(_MODULE)
    except ImportError:
        return  # fit_svm imports all of scikit-learn
    finally:
        for name in _PACKAGES:
            del sys.modules[name]


def _folders(spec: ModuleSpec | None) -> list[str]:
    return list(spec.submodule_search_locations or ()) if spec else []


def fit_svm(
    matrix: csr_matrix,
    spam: NDArray[np.bool_],
    weight: NDArray[np.float64],
    c: float,
    seed: int,
) -> tuple[NDArray[np.float64], float]:
    """Return the coefficients, shape (columns,), and the intercept of LinearSVC for the same data.

    Args:
        matrix: the scaled rows, float32, shape (rows, columns).
        spam: labels, shape (rows,); both must occur.
        weight: weight of each row, shape (rows,).
        c: inverse strength of the penalty.
        seed: random seed of the order in which rows are visited.
    """
    import numpy as np

    rows, columns = matrix.shape
    if rows >= columns or not _has_known_solver():
        return _fit_by_scikit_learn(matrix, spam, weight, c, seed)
    solver = sys.modules[_MODULE]
    solver.set_verbosity_wrap(0)  # it would print its progress
    found, _ = solver.train_wrap(
        matrix,
        spam.astype(np.float64),
        True,
        _L2_LOSS_DUAL,
        TOLERANCE,
        1.0,
        c,
        np.ones(2),
        MAX_ITERATIONS,
        np.random.RandomState(seed).randint(np.iinfo("i").max),
        0.1,
        np.ascontiguousarray(weight, dtype=np.float64),
    )
    return found[0, :-1], float(found[0, -1])


def _has_known_solver() -> bool:
    """Import the solver; return False if this version of scikit-learn calls it differently."""
    if find_spec(_MODULE) is None:
        return False
    return list(signature(import_module(_MODULE).train_wrap).parameters) == _PARAMETERS


def _fit_by_scikit_learn(
    matrix: csr_matrix,
    spam: NDArray[np.bool_],
    weight: NDArray[np.float64],
    c: float,
    seed: int,
) -> tuple[NDArray[np.float64], float]:
    """Return what LinearSVC finds; it solves few columns in the primal."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    svm = LinearSVC(C=c, tol=TOLERANCE, random_state=seed, max_iter=MAX_ITERATIONS)
    with warnings.catch_warnings():
        # More iterations than the limit change no decision.
        warnings.simplefilter("ignore", ConvergenceWarning)
        svm.fit(matrix, spam, sample_weight=weight)
    return svm.coef_[0], float(svm.intercept_[0])
