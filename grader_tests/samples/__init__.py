"""Students: example submissions, right answers, mistakes, mutants, hostile submissions, a course of
another exercise."""
