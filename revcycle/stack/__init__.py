"""The whole of RevCycle on one machine: a broker, a store, the services, the console and the sandbox, supervised."""
