"""The course of an amount: from the plan to the accounts and what came back, one page for all of it."""

from initiatives.course import offers
from initiatives.course.steps import Place, Step
from initiatives.course.told import Course, course_of

__all__ = ["Course", "Place", "Step", "course_of", "offers"]
