"""Tests of the judge as a pure function: hundreds of answers in forms of their own, each asked and
judged in the test's process. They take a minute or two, so that they are no part of `unit`."""
