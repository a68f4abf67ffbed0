"""A clearinghouse and its payers, emulated: answers 270 over HTTP and 837 files over folders."""
