"""Students: example submissions, right answers, mistakes, hostile submissions, a course of
another exercise."""
