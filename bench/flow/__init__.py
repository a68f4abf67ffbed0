"""How fast messages flow through the services, beside the limit of the design and beside other ways to build it."""
