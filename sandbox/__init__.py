"""A clearinghouse and its payers, emulated: answers 270, 276 and 837 over HTTP and folders."""
