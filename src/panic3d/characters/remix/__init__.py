"""New characters out of openly licensed models: parts taken apart, fitted, recoloured, combined."""
