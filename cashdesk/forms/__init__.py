"""Forms: they check the shape of what was typed and hand typed values on; no rule about money lives here."""
