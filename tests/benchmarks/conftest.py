"""Annotations of `benchmarks` are checked as those of the package; pytest's option takes one package."""

from jaxtyping import install_import_hook

install_import_hook("benchmarks", "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")
