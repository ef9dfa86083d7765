"""What is read off a solution: effects, the index from 0 to 100, importance, reliability, fit."""

from dataclasses import dataclass

import numpy as np

from ..moments import Moments
from .algorithm import Solutions, total_effects
from .specification import Specification


@dataclass(frozen=True)
class Reliability:
    """How well its items measure a construct; None where one item stands for it.

    alpha : Cronbach's, standardised (from correlations)
    dillon_goldstein : composite reliability with the loadings of the first principal component, as
        in Tenenhaus et al. 2005
    rho_c : composite reliability with the model's loadings
    rho_a : Dijkstra & Henseler 2015; None in mode B
    ave : average variance extracted, the mean squared loading
    first_eigenvalue, second_eigenvalue : of the block's correlations; one dimension if only the
        first is above 1
    """

    alpha: float | None
    dillon_goldstein: float | None
    rho_c: float | None
    rho_a: float | None
    ave: float
    first_eigenvalue: float
    second_eigenvalue: float | None


def keys(specification: Specification, indexed: bool) -> dict[str, list]:
    """What each column of :func:`values` speaks of, by name of measure."""
    constructs, items = specification.constructs, specification.items
    pairs = [(constructs[i], constructs[j]) for i, j in reachable(specification)]
    found: dict[str, list] = {
        "paths": [(constructs[i], constructs[j]) for i, j in specification.paths],
        "loadings": list(items),
        "weights": list(items),
        "r_squared": [constructs[j] for j in specification.endogenous],
        "total_effects": pairs,
    }
    if indexed:
        found |= {"index": list(constructs), "importance": pairs}
    return found


def reachable(specification: Specification) -> list[tuple[int, int]]:
    """Pairs (from, to) with a chain of paths between them, by start."""
    counts = total_effects(specification.precedes.astype(float)[None])[0]
    return [(int(i), int(j)) for i, j in np.argwhere(counts > 0)]


def values(
    solutions: Solutions, moments: Moments, specification: Specification, raw: bool, scale
) -> dict[str, np.ndarray]:
    """Every measure of R solutions, each of shape (R, columns as :func:`keys` names them)."""
    total = total_effects(solutions.coefficients)
    starts, ends = np.array(specification.paths).T
    from_, to = np.array(reachable(specification)).T
    found = {
        "paths": solutions.coefficients[:, starts, ends],
        "loadings": solutions.loadings,
        "weights": solutions.weights,
        "r_squared": solutions.r_squared[:, specification.endogenous],
        "total_effects": total[:, from_, to],
    }
    if scale is not None:
        index, spread = index_and_spread(solutions.weights, moments, specification, raw, scale)
        found["index"] = index
        found["importance"] = total[:, from_, to] * spread[:, to] / spread[:, from_]
    return found


def unstandardised(weights, moments: Moments, raw: bool) -> np.ndarray:
    """Weights for items as they were answered, shape (R, P); their score has variance 1."""
    if raw:
        return weights
    return weights / np.sqrt(np.diagonal(moments.covariances, axis1=1, axis2=2))


def index_and_spread(weights, moments: Moments, specification: Specification, raw: bool, scale):
    """Index of each construct (R, K) and its standard deviation over rows (R, K).

    Index = 100 · sum w (mean - low) / sum w (high - low) over the construct's items, w
    unstandardised (Fornell, Johnson, Anderson, Cha & Bryant 1996, Journal of Marketing 60(4)).
    """
    low, high = scale
    w = unstandardised(weights, moments, raw)
    reach = (w * (high - low)) @ specification.mask
    index = 100 * ((w * (moments.means - low)) @ specification.mask) / reach
    return index, 100 / np.abs(reach)


def reliability(solutions: Solutions, correlations, specification: Specification):
    """:class:`Reliability` of each construct, from the items' correlations (P, P)."""
    found = {}
    for column, (name, block) in enumerate(
        zip(specification.constructs, specification.blocks, strict=True)
    ):
        loadings = solutions.loadings[0, block]
        count, part = len(loadings), correlations[block, block]
        ave = float(np.mean(loadings**2))
        if count == 1:
            found[name] = Reliability(None, None, None, None, ave, 1.0, None)
            continue
        eigenvalues, vectors = np.linalg.eigh(part)
        principal = np.abs(vectors[:, -1].sum()) * np.sqrt(eigenvalues[-1])
        leftover = count - eigenvalues[-1]
        mode_a = specification.modes[column] == "A"
        found[name] = Reliability(
            alpha=float(count / (count - 1) * (1 - count / part.sum())),
            dillon_goldstein=float(principal**2 / (principal**2 + leftover)),
            rho_c=float(loadings.sum() ** 2 / (loadings.sum() ** 2 + count - np.sum(loadings**2))),
            rho_a=float(solutions.reliability[0, column]) if mode_a else None,
            ave=ave,
            first_eigenvalue=float(eigenvalues[-1]),
            second_eigenvalue=float(eigenvalues[-2]),
        )
    return found


def htmt(correlations, specification: Specification) -> dict[tuple[str, str], float]:
    """Heterotrait-monotrait ratios; Henseler, Ringle & Sarstedt 2015, JAMS 43(1), 115-135.

    Mean correlation between the items of two constructs over the geometric mean of the mean
    correlations within each. Above .85 (.90 for related ideas) the two are hardly told apart. Only
    for constructs with several items whose mean correlation is positive.
    """
    within = [_mean_beside_diagonal(correlations[block, block]) for block in specification.blocks]
    found = {}
    for j, second in enumerate(specification.blocks):
        for i, first in enumerate(specification.blocks[:j]):
            if min(within[i], within[j]) > 0:
                between = float(np.mean(correlations[first, second]))
                pair = specification.constructs[i], specification.constructs[j]
                found[pair] = between / float(np.sqrt(within[i] * within[j]))
    return found


def goodness_of_fit(solutions: Solutions, specification: Specification) -> float:
    """Square root of mean communality times mean R²; Tenenhaus et al. 2005.

    Communality is averaged over the items of constructs with several items.
    """
    several = [block for block in specification.blocks if block.stop - block.start > 1]
    squares = solutions.loadings[0] ** 2
    communality = np.concatenate([squares[block] for block in several or specification.blocks])
    explained = solutions.r_squared[0, specification.endogenous]
    return float(np.sqrt(communality.mean() * explained.mean()))


def root_mean_square_residual(
    solutions: Solutions, correlations, specification: Specification, consistent: bool
) -> float:
    """SRMR: observed against implied correlations of items, off the diagonal and on it.

    Implied between blocks: loading · correlation of constructs that the paths imply · loading.
    Within a block: product of loadings for common factors (consistent, mode A), else as observed.
    """
    loadings = solutions.loadings[0]
    constructs = _implied(solutions, specification)
    spread = constructs[np.ix_(*[specification.mask.argmax(axis=1)] * 2)]
    implied = loadings[:, None] * spread * loadings
    for block, mode in zip(specification.blocks, specification.modes, strict=True):
        if not (consistent and mode == "A"):
            implied[block, block] = correlations[block, block]
    np.fill_diagonal(implied, 1.0)
    lower = np.tril_indices(len(loadings))
    return float(np.sqrt(np.mean((correlations - implied)[lower] ** 2)))


def _implied(solutions, specification):
    """Correlations of constructs that the paths imply: (I - B')⁻¹ Psi (I - B)⁻¹."""
    total = np.eye(len(specification.constructs)) + total_effects(solutions.coefficients)[0]
    free = solutions.correlations[0].copy()
    endogenous = specification.endogenous
    free[endogenous, :] = 0
    free[:, endogenous] = 0
    # What is left unexplained of a construct is whatever brings its variance to 1. Fewer paths lead
    # to constructs that come earlier, so they are settled first.
    depth = np.count_nonzero(total_effects(specification.precedes[None].astype(float))[0], axis=0)
    for target in sorted(endogenous, key=lambda column: depth[column]):
        explained = total[:, target] @ free @ total[:, target]
        free[target, target] = 1 - explained
    return total.T @ free @ total


def _mean_beside_diagonal(matrix) -> float:
    count = len(matrix)
    return float((matrix.sum() - count) / (count * (count - 1))) if count > 1 else 0.0
