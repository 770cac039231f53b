"""The course of an amount: from its plan to what came of it."""
