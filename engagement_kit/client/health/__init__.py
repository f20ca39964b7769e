"""Is everything fit for work? Facts of this machine, judged by pure code: `ek.doctor`."""
