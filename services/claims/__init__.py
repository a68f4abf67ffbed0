"""Intake, scrubbing, submission, acknowledgements and denials of claims."""
