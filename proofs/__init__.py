"""The long proofs: each breaks the desk's ground on purpose, many times, and counts what was lost, doubled or torn.

`make proof` runs them all, `python -m proofs.<name> [--small] [--seed N] [--database sqlite]` runs one. A proof is a
module here that stands in the list of proofs/running.py, with

- `PROMISE` and `NOT_SHOWN`: what is promised, and what the proof does not show, a sentence each;
- `run(*, small, seed)`: works on the open, freshly migrated scratch database and returns its figures by name, and
  among them `control` (what the same proof finds when the guard is taken away: `without`, figures, `caught`) and
  `holds`. It leaves no thread, process or connection behind.

Nothing of this is installed with the desk: the guards that are taken away are taken away only here and in tests.
"""

from proofs import ground

if ground.is_asked_for("proofs."):
    ground.stand()
