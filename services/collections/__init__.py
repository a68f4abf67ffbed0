"""Statements, reminders, plans, placement and write-off of patient balances."""
