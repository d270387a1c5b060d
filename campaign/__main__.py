"""Run the campaign, or one seed of it again: ``python -m campaign [SUBJECT ...] [--seed N]``."""

from __future__ import annotations

import argparse
import sys

from campaign import SEEDS, STATE, campaign, subjects


def main(argv: list[str] | None = None) -> int:
    """Return 0 if every seed passed, 1 if one failed, 2 for bad arguments, 130 if stopped."""
    parser = argparse.ArgumentParser(prog="python -m campaign", description=__doc__)
    parser.add_argument("subject", nargs="*", help="modules of the campaign; all if absent")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="run the seeds 0 to N - 1")
    parser.add_argument(
        "--seed", type=int, help="run this one, with its traceback, and record nothing"
    )
    parser.add_argument(
        "--cases", type=int, help="cases per seed; the module's own number if absent"
    )
    parser.add_argument("--fresh", action="store_true", help="forget what is finished")
    options = parser.parse_args(argv)
    try:
        chosen = subjects(options.subject)
    except ValueError as error:
        parser.error(str(error))
    if options.cases is not None:
        chosen = [subject._replace(cases=options.cases) for subject in chosen]
    try:
        if options.seed is not None:
            for subject in chosen:
                subject.run(options.seed, subject.cases)
            return 0
        if options.fresh:
            STATE.unlink(missing_ok=True)
        failures = campaign(
            chosen, range(options.seeds), report=lambda line: print(line, flush=True)
        )
    except KeyboardInterrupt:
        print(
            f"stopped; finished seeds are in {STATE}, the same command continues", file=sys.stderr
        )
        return 130
    if failures:
        print(f"{len(failures)} seeds failed; to repeat them:", *failures, sep="\n  ")
        return 1
    print(f"all seeds passed ({STATE}; --fresh runs them again)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
