"""The face: skin with openings, eyes, lashes, brows, mouth, ears, and how they move."""
