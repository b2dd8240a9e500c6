"""Which cores the cells of a bench run on."""

import os

import pytest

from ftdojo.bench.runner import shares

CORES = sorted(os.sched_getaffinity(0))


@pytest.mark.parametrize("jobs", range(1, len(CORES) + 1))
def test_jobs_get_equal_shares_that_do_not_meet(jobs):
    found = shares(jobs)
    assert len(found) == jobs
    assert {len(share) for share in found} == {len(CORES) // jobs}
    assert len(frozenset().union(*found)) == jobs * (len(CORES) // jobs)


def test_more_jobs_than_cores_share_all_of_them():
    assert set(shares(len(CORES) + 1)) == {frozenset(CORES)}
