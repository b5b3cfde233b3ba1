# SPDX-License-Identifier: PostgreSQL
"""Where the oracles are that are not part of the repository, and how the differential programs load them."""
import importlib.util
import pathlib
import sys

ORACLES = pathlib.Path(__file__).resolve().parents[3] / "shared/oracle"


def load_oracle(name, checks=None):
    """The module ORACLES/NAME.py. Where it is absent, checks says so and ends the program."""
    path = ORACLES / f"{name}.py"
    if checks is not None and not path.exists():
        checks.skip(f"{path} is not there")
        checks.end()
    sys.dont_write_bytecode = True
    if str(ORACLES) not in sys.path:
        sys.path.append(str(ORACLES))  # oracles import each other
    spec = importlib.util.spec_from_file_location(f"oracle_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
