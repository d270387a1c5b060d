"""A character drawn as an anime illustration: tones, ink, ground, things in front, finish."""
