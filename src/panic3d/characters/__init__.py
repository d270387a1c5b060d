"""Licence-clean characters: remixed from open models, grown by rules, drawn as illustrations."""
