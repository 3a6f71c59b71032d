"""`python -m proofs`: all proofs, one after the other."""

import sys

from proofs.running import everything

if __name__ == "__main__":
    sys.exit(everything())
