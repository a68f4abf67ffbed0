"""What the compliance gate must say, row by row: who wishes what of whom, and which rule blocks it until when."""

from tests.collections import gate_actions, gate_calls, gate_debts, gate_media, gate_people

ROWS = [*gate_calls.ROWS, *gate_media.ROWS, *gate_people.ROWS, *gate_debts.ROWS, *gate_actions.ROWS]
