"""How fast the desk is: each measures one promise on a scratch database that is thrown away, and prints a JSON line."""

from proofs import ground

if ground.is_asked_for("benchmarks.outage", "benchmarks.round_trip"):
    ground.stand()
