"""People: resellers, operators, rights and sign-in."""
