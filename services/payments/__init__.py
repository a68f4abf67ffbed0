"""Remittance posting, patient payments and the ledger."""
