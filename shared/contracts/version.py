"""The version of the contract; its wheel is named by it."""

VERSION = "0.1.0"
