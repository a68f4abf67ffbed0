"""Payments' rules, pure: the guarantor's ledger, remittances, control numbers, providers and incoming files."""
